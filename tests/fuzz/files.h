// Fuzz data as files. Several files are one input with a zero byte between them.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace tidbit::fuzz {

inline constexpr char kBetweenFiles = '\0';

inline std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

inline std::vector<std::string> split_files(const std::uint8_t *data, std::size_t size) {
  return split({reinterpret_cast<const char *>(data), size}, kBetweenFiles);
}

// A folder in memory where the system has one, gone when the process exits in an orderly way.
class Folder {
 public:
  Folder() {
    const std::filesystem::path shm = "/dev/shm";
    const auto root = std::filesystem::exists(shm) ? shm : std::filesystem::temp_directory_path();
    std::string name = (root / "tidbit-fuzz-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;

  std::filesystem::path operator/(const std::string &name) const { return path_ / name; }
  const std::filesystem::path &path() const { return path_; }

  void write(const std::string &name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void remove(const std::string &name) const { std::filesystem::remove(path_ / name); }

 private:
  std::filesystem::path path_;
};

}  // namespace tidbit::fuzz
