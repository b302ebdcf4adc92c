// A LoRA adapter for a golden checkpoint. The input is adapter_config.json, then the header of
// adapter_model.safetensors. The data behind it are zeros, as many as the golden adapter has.
#include "converter/families/adapter.h"

#include "converter/checkpoint/checkpoint.h"
#include "converter/error.h"
#include "tests/fuzz/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit;
  static const fuzz::Folder folder;
  static const convert::Checkpoint base =
      convert::open_checkpoint(std::filesystem::path(TIDBIT_CHECKPOINTS) / "llama-gqa");
  std::vector<std::string> texts = fuzz::split_files(data, size);
  texts.resize(3);
  folder.write("adapter_config.json", texts[0]);
  const std::uint64_t bytes = texts[1].size();
  folder.write("adapter_model.safetensors",
               std::string(reinterpret_cast<const char *>(&bytes), sizeof bytes) + texts[1]);
  const std::uint64_t zeros = std::strtoull(texts[2].c_str(), nullptr, 10) % 65536;
  std::filesystem::resize_file(folder / "adapter_model.safetensors", sizeof bytes + bytes + zeros);
  try {
    convert::Checkpoint checkpoint = base;
    convert::merge_adapter(folder.path(), 1, checkpoint);
    for (const auto &[name, tensor] : checkpoint.tensors) {
      if (tensor.update == nullptr) continue;
      std::vector<float> elements(tensor.elements());
      convert::read_elements(tensor, 0, elements.size(), elements.data());
    }
  } catch (const convert::ConvertError &) {
  }
  return 0;
}
