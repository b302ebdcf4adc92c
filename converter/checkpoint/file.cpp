#include "converter/checkpoint/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "converter/error.h"

namespace tidbit::convert {

InputFile::InputFile(const std::filesystem::path &path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {  // a pipe must not wait
  if (descriptor_ < 0) throw ConvertError(path.string() + ": can't be opened: " + std::strerror(errno));
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
    if (got < 0) throw ConvertError(path_.string() + ": can't be read: " + std::strerror(errno));
    if (got == 0) throw ConvertError(path_.string() + ": ends at byte " + std::to_string(offset));
    out += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
}

}  // namespace tidbit::convert
