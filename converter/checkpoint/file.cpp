#include "converter/checkpoint/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "converter/error.h"

namespace tidbit::convert {

static constexpr std::uint64_t kMostWhole = 100u << 20;

InputFile::InputFile(const std::filesystem::path &path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {  // a pipe must not block
  if (descriptor_ < 0) throw ConvertError(path.string() + ": cannot be opened: " + std::strerror(errno));
  struct stat info = {};
  if (::fstat(descriptor_, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor_);
    throw ConvertError(path.string() + ": is not a regular file");
  }
  size_ = static_cast<std::uint64_t>(info.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(std::uint64_t offset, void *to, std::size_t bytes) const {
  auto *out = static_cast<char *>(to);
  while (bytes != 0) {
    const ssize_t got = ::pread(descriptor_, out, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw ConvertError(path_.string() + ": cannot be read: " + std::strerror(errno));
    if (got == 0) {
      throw ConvertError(path_.string() + ": is truncated, ends at byte " + std::to_string(offset) +
                         "; copy or download it again");
    }
    out += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
}

std::string read_whole_file(const std::filesystem::path &path) {
  const InputFile file(path);
  if (file.size() > kMostWhole) throw ConvertError(path.string() + ": is larger than 100 MB");
  std::string text(file.size(), '\0');
  file.read(0, text.data(), text.size());
  return text;
}

}  // namespace tidbit::convert
