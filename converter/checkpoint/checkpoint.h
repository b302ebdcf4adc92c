// A trained model on disk: configuration and named tensors, whatever the container.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "converter/checkpoint/dialect.h"
#include "converter/checkpoint/file.h"
#include "converter/checkpoint/sentence.h"

namespace tidbit::convert {

struct StoredTensor;
class LowRank;

// A number format of checkpoints. To add one, add a row to the table in elements.cpp.
struct StoredType {
  const char *safetensors;    // its name in safetensors files; null if it does not occur there
  const char *llama2c;        // its name for tensors of llama2.c files
  std::uint32_t bytes;        // of an element
  std::uint32_t group_bytes;  // of a group's scale; 0: there are no groups
  // Elements [first, first + count) as floats; null for types that weights cannot have.
  void (*read)(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out);

  const char *name() const { return safetensors != nullptr ? safetensors : llama2c; }
};

// Finds a type by the name that a container uses, e.g. stored_type(&StoredType::safetensors, "BF16"). May be null.
const StoredType *stored_type(const char *StoredType::*container, std::string_view name);

// The order of a stored tensor's elements.
enum class Layout : std::uint8_t {
  rows,     // one row after another
  columns,  // of a matrix: one column after another, as in a transposed view
  gaps,     // anything else; it cannot be read
};

struct StoredTensor {
  std::string name;
  std::shared_ptr<const InputFile> file;
  const StoredType *type = nullptr;
  std::vector<std::uint64_t> shape;
  std::uint64_t offset = 0;          // in the file
  std::uint32_t group = 0;           // elements that share a scale, for types with groups
  std::uint32_t block = 1;           // elements of a block, for GGUF's types; type->bytes are those of a block
  float scale = 1;                   // for the types of ternary.cpp: of the whole tensor
  const StoredType *base = nullptr;  // and the type of what is stored
  Layout layout = Layout::rows;
  std::shared_ptr<const LowRank> update = {};  // added to what is stored (low_rank.h); null: nothing

  std::uint64_t elements() const {
    std::uint64_t count = 1;
    for (const std::uint64_t n : shape) count *= n;
    return count;
  }
  std::uint64_t bytes() const {
    return elements() / block * type->bytes + (group != 0 ? elements() / group * type->group_bytes : 0);
  }
};

// Throws ConvertError unless weights can have the tensor's type and layout.
void check_type(const StoredTensor &tensor);

// "[512, 64]"
std::string shape_text(const std::vector<std::uint64_t> &shape);

using TensorMap = std::map<std::string, StoredTensor>;

struct Checkpoint {
  std::filesystem::path source;
  std::string config_name;           // the file that `config` comes from, for error messages
  nlohmann::json config;             // in Hugging Face's terms
  nlohmann::json generation_config;  // an empty object if there is none
  Dialect dialect = {};
  TensorMap tensors;
  std::vector<std::string> notes = {};    // for the summary
  bool rotary_pairs_adjacent = false;     // llama2.c: channels 2i and 2i + 1 turn together, not i and i + half
  std::string chat_template = {};         // GGUF: a Jinja program; empty if there is none
  std::optional<Sentence> sentence = {};  // of an encoder for texts
};

// A Hugging Face directory, or a file of PyTorch or llama2.c. Throws ConvertError.
Checkpoint open_checkpoint(const std::filesystem::path &source);

// Elements [first, first + count) of a tensor as floats, in the order in which they are stored, with the
// update.
void read_elements(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out);

}  // namespace tidbit::convert
