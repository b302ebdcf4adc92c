// A zip archive. What the reader lists lies in the file, and can be read.
#include "converter/checkpoint/zip.h"

#include <cstdlib>

#include "converter/error.h"
#include "tests/fuzz/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit;
  static const fuzz::Folder folder;
  folder.write("model.pt", {reinterpret_cast<const char *>(data), size});
  try {
    const convert::InputFile file(folder / "model.pt");
    std::uint64_t all = 0;
    for (const auto &[name, entry] : convert::read_zip(file)) {
      std::string contents(entry.bytes, '\0');
      file.read(entry.offset, contents.data(), contents.size());
      all += entry.bytes;
    }
    if (all > size) std::abort();  // more than there is: a bomb
  } catch (const convert::ConvertError &) {
  }
  return 0;
}
