// A file with random access, so that no tensor has to be in memory as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace tidbit::convert {

class InputFile {
 public:
  explicit InputFile(const std::filesystem::path &path);
  ~InputFile();
  InputFile(const InputFile &) = delete;
  InputFile &operator=(const InputFile &) = delete;

  const std::filesystem::path &path() const { return path_; }
  std::string name() const { return path_.filename().string(); }
  std::uint64_t size() const { return size_; }

  // Throws ConvertError unless all bytes can be read.
  void read(std::uint64_t offset, void *to, std::size_t bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

// A file that is read as a whole, of at most 100 MB: JSON or a tokenizer. Throws ConvertError.
std::string read_whole_file(const std::filesystem::path &path);

}  // namespace tidbit::convert
