#include "converter/checkpoint/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "converter/error.h"

namespace tidbit::convert {

namespace {

const char *kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return S_ISCHR(mode) || S_ISBLK(mode) ? "a device" : nullptr;
}

[[noreturn]] void fail(const std::filesystem::path &path, const char *what) {
  throw ConvertError(path.string() + ": " + what + ": " + std::strerror(errno));
}

void check_kind(const std::filesystem::path &path, const struct stat &info) {
  if (S_ISREG(info.st_mode)) return;
  const char *kind = kind_of(info.st_mode);
  throw ConvertError(path.string() + ": is " + (kind != nullptr ? std::string(kind) + ", " : "") +
                     "not a regular file; name the file itself");
}

// Looks before it opens, because opening alone can block or have effects on a device.
int open_regular(const std::filesystem::path &path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) fail(path, "cannot be opened");
  check_kind(path, info);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail(path, "cannot be opened");
  return descriptor;
}

}  // namespace

InputFile::InputFile(const std::filesystem::path &path) : path_(path), descriptor_(open_regular(path)) {
  struct stat info = {};
  try {
    if (::fstat(descriptor_, &info) != 0) fail(path, "cannot be read");
    check_kind(path, info);  // it may have been replaced meanwhile
  } catch (const ConvertError &) {
    ::close(descriptor_);
    throw;
  }
  size_ = static_cast<std::uint64_t>(info.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(std::uint64_t offset, void *to, std::size_t bytes) const {
  auto *out = static_cast<char *>(to);
  while (bytes != 0) {
    const ssize_t got = ::pread(descriptor_, out, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path_, "cannot be read");
    if (got == 0) {
      throw ConvertError(path_.string() + ": is truncated, ends at byte " + std::to_string(offset) +
                         "; copy or download it again");
    }
    out += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
}

std::string read_whole_file(const std::filesystem::path &path, std::uint64_t most) {
  const InputFile file(path);
  if (file.size() > most) {
    throw ConvertError(path.string() + ": is larger than " + std::to_string(most >> 20) +
                       " MB, more than any such file needs; check that it is the right one");
  }
  std::string text(file.size(), '\0');
  file.read(0, text.data(), text.size());
  return text;
}

bool is_plain_name(const std::string &name) {
  constexpr std::string_view kOfPaths("/\\\0", 3);
  return !name.empty() && name != "." && name != ".." && name.find_first_of(kOfPaths) == std::string::npos;
}

bool is_there(const std::filesystem::path &path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

}  // namespace tidbit::convert
