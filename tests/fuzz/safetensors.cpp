// A safetensors file: u64 length of the header, the header, the data.
#include "converter/checkpoint/safetensors.h"

#include <algorithm>
#include <cstring>

#include "converter/error.h"
#include "tests/fuzz/files.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t most);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit;
  static const fuzz::Folder folder;
  folder.write("model.safetensors", {reinterpret_cast<const char *>(data), size});
  try {
    convert::TensorMap tensors;
    convert::read_safetensors(folder / "model.safetensors", tensors);
    for (const auto &[name, tensor] : tensors) {  // every element lies in the file
      std::vector<float> elements(tensor.elements());
      if (tensor.type->read != nullptr) {
        convert::read_elements(tensor, 0, elements.size(), elements.data());
      }
    }
  } catch (const convert::ConvertError &) {
  }
  return 0;
}

// The header's length stays right when the header is mutated alone.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t most, unsigned seed) {
  std::uint64_t bytes = 0;
  if (size >= sizeof bytes) std::memcpy(&bytes, data, sizeof bytes);
  if (seed % 8 == 0 || bytes == 0 || bytes > size - sizeof bytes) return LLVMFuzzerMutate(data, size, most);
  const std::vector<std::uint8_t> tail(data + sizeof bytes + bytes, data + size);
  bytes = LLVMFuzzerMutate(data + sizeof bytes, bytes, most - sizeof bytes - tail.size());
  std::memcpy(data, &bytes, sizeof bytes);
  std::copy(tail.begin(), tail.end(), data + sizeof bytes + bytes);
  return sizeof bytes + bytes + tail.size();
}
