// A trained model as it lies on disk: configuration and named tensors, whatever the container.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "converter/checkpoint/file.h"

namespace tidbit::convert {

enum class StoredType : std::uint8_t {
  f32,
  f16,
  bf16,
  q8_groups,  // llama2.c version 2: all int8 codes, then an f32 scale for each `group` of them
  other,      // known in size, not as weights
};

struct StoredTensor {
  std::string name;
  std::shared_ptr<const InputFile> file;
  StoredType type = StoredType::f32;
  std::string type_name;  // as the container calls it
  std::vector<std::uint64_t> shape;
  std::uint64_t offset = 0;  // in the file
  std::uint32_t group = 0;   // of q8_groups

  std::uint64_t elements() const {
    std::uint64_t count = 1;
    for (const std::uint64_t n : shape) count *= n;
    return count;
  }
};

// "[512, 64]"
std::string shape_text(const std::vector<std::uint64_t> &shape);

using TensorMap = std::map<std::string, StoredTensor>;

struct Checkpoint {
  std::filesystem::path source;
  std::string config_name;           // of the file that `config` comes from, for messages
  nlohmann::json config;             // in Hugging Face's terms
  nlohmann::json generation_config;  // empty object where there is none
  TensorMap tensors;
  bool rotary_pairs_adjacent = false;  // llama2.c: channels 2i and 2i + 1 turn together, not i and i + half
};

// A Hugging Face directory or a llama2.c file. Throws ConvertError.
Checkpoint open_checkpoint(const std::filesystem::path &source);

// Elements [first, first + count) of a tensor as floats, in the order in which they are stored.
void read_elements(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out);

}  // namespace tidbit::convert
