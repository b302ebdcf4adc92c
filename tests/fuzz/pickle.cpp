// A pickle: as a table of characters, and in an archive with a few storages, as a state_dict.
#include "converter/checkpoint/pickle.h"

#include "converter/checkpoint/state_dict.h"
#include "tests/converter/torch_files.h"
#include "tests/fuzz/readers.h"

namespace {

using namespace tidbit;

void read_as_state_dict(const std::string &pickle) {
  static const fuzz::Folder folder;
  test::Zip zip;
  zip.add({"x/data.pkl", pickle});
  for (const char *key : {"0", "1", "2", "3"}) zip.add({std::string("x/data/") + key, std::string(64, '\0')});
  folder.write("model.pt", zip.bytes());
  try {
    convert::TensorMap tensors;
    convert::read_state_dict(folder / "model.pt", tensors);
    for (const auto &[name, tensor] : tensors) {
      if (tensor.type->read == nullptr || tensor.layout == convert::Layout::gaps) continue;
      std::vector<float> elements(tensor.elements());  // at most those of a storage, unless strides are 0
      convert::read_elements(tensor, 0, elements.size(), elements.data());
    }
  } catch (const convert::ConvertError &) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char *>(data), size);
  fuzz::check_files({"meta.pkl"}, {bytes});
  read_as_state_dict(bytes);
  return 0;
}
