// A GGUF file.
#include "tests/fuzz/checkpoints.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const tidbit::fuzz::Folder folder;
  folder.write("model.gguf", {reinterpret_cast<const char *>(data), size});
  tidbit::fuzz::check_checkpoint(folder / "model.gguf", folder / "model.tidbit");
  return 0;
}
