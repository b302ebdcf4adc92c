// Which container is it?
#include <cstring>

#include "converter/checkpoint/containers.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;

// Files that are known and not read, so that the message can say what they are.
const char *unsupported_kind(const InputFile &file) {
  char head[9] = {};
  if (file.size() < 8) return "shorter than any checkpoint";
  file.read(0, head, 8);
  if (std::memcmp(head, "GGUF", 4) == 0) return "a GGUF file, which is not supported";
  if (std::memcmp(head, "PK\3\4", 4) == 0) return "a PyTorch or zip archive: save the model as safetensors first";
  if (std::memcmp(head, "TIDBIT", 6) == 0) return "a tidbit blob already";
  return nullptr;
}

}  // namespace

Checkpoint open_checkpoint(const fs::path &source) {
  if (!fs::exists(source)) throw ConvertError(source.string() + ": does not exist");
  if (fs::is_directory(source)) return open_huggingface(source);
  if (source.extension() == ".safetensors" || source.extension() == ".json") {
    throw ConvertError(source.string() + ": give the directory that holds config.json and model.safetensors");
  }
  if (const char *kind = unsupported_kind(InputFile(source))) throw ConvertError(source.string() + ": is " + kind);
  return open_llama2c(source);
}

}  // namespace tidbit::convert
