// GGUF, versions 2 and 3: metadata, a table of tensors, and their data (docs/gguf.md of ggml). Everything that the file
// says is checked against its size before it is used.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "converter/checkpoint/checkpoint.h"
#include "converter/checkpoint/json.h"

namespace tidbit::convert {

class GgufFile {
 public:
  // Throws ConvertError.
  explicit GgufFile(const std::filesystem::path &path);

  const std::string &where() const { return where_; }

  // The metadata: numbers, flags and texts. Arrays of at most kMostListed numbers or texts are there, too; of longer
  // ones only the functions below know.
  static constexpr std::uint64_t kMostListed = 1024;
  const Json &metadata() const { return metadata_; }

  // An array; empty if there is none. Throws ConvertError if it is of another type.
  std::vector<std::string> texts(const std::string &key) const;
  std::vector<float> floats(const std::string &key) const;
  std::vector<std::int32_t> integers(const std::string &key) const;
  std::string bytes(const std::string &key) const;

  // Adds the tensors, with their dimensions from the outermost to the innermost.
  void add_tensors(TensorMap &tensors) const;

 private:
  friend class GgufReader;
  struct Array {
    std::uint32_t type;
    std::uint64_t count, offset;
  };
  const Array *array(const std::string &key, std::uint32_t type, const char *name) const;

  std::shared_ptr<const InputFile> file_;
  std::string where_;
  Json metadata_ = Json::object();
  std::map<std::string, Array> arrays_;
  std::vector<StoredTensor> tensors_;
};

}  // namespace tidbit::convert
