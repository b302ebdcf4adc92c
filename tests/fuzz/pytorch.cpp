// A file of torch.save, as a checkpoint.
#include "tests/fuzz/checkpoints.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const tidbit::fuzz::Folder folder;
  folder.write("model.pt", {reinterpret_cast<const char *>(data), size});
  tidbit::fuzz::check_checkpoint(folder / "model.pt", folder / "model.tidbit");
  return 0;
}
