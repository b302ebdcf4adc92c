// A file with random access, so that no tensor has to be in memory as a whole. All input of the converter is opened
// here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace tidbit::convert {

class InputFile {
 public:
  // Throws ConvertError unless it is a regular file, possibly behind links. A pipe or a device is never opened.
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

// The largest files that are read as a whole. The largest that are known: a tokenizer_config.json of 1.2 MB, an index
// of 10 MB, a tokenizer.json of 35 MB.
inline constexpr std::uint64_t kMostConfigBytes = std::uint64_t{4} << 20;
inline constexpr std::uint64_t kMostIndexBytes = std::uint64_t{32} << 20;
inline constexpr std::uint64_t kMostTokenizerBytes = std::uint64_t{100} << 20;

// Throws ConvertError if the file has more than `most` bytes.
std::string read_whole_file(const std::filesystem::path &path, std::uint64_t most);

// Whether there is anything of this name, even a link that leads nowhere: opening it then says what is wrong.
bool is_there(const std::filesystem::path &path);

// Whether a name from an untrusted file stays in its folder: no part of a path, no zero, not "." or "..".
bool is_plain_name(const std::string &name);

}  // namespace tidbit::convert
