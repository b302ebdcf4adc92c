#include "posix/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/bus_error.h"

namespace tidbit::posix {
namespace {

// Returns null if it is a regular file, otherwise what it is.
const char *refusal(mode_t mode) {
  if (S_ISREG(mode)) return nullptr;
  if (S_ISDIR(mode)) return "is a directory, not a file";
  if (S_ISFIFO(mode)) return "is a pipe, not a regular file";
  if (S_ISSOCK(mode)) return "is a socket, not a regular file";
  return "is a device, not a regular file";
}

// Returns null if the open file can be mapped, otherwise the reason why not.
const char *refusal(int file, size_t *bytes) {
  struct stat status;
  if (fstat(file, &status) != 0) return strerror(errno);
  if (const char *reason = refusal(status.st_mode)) return reason;
  if (status.st_size == 0) return "is empty";
  if (static_cast<uint64_t>(status.st_size) > SIZE_MAX) return "is larger than the address space";
  *bytes = static_cast<size_t>(status.st_size);
  return nullptr;
}

bool read_all(int file, char *data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = read(file, data, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;  // the file was truncated meanwhile
    if (got <= 0) return false;
    data += got;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

// A copy of the open file in anonymous memory, or MAP_FAILED with errno set.
void *copy_of(int file, size_t bytes) {
  void *data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return data;
#ifdef MADV_HUGEPAGE
  madvise(data, bytes, MADV_HUGEPAGE);
#endif
  if (read_all(file, static_cast<char *>(data), bytes)) return data;
  const int error = errno;
  munmap(data, bytes);
  errno = error;
  return MAP_FAILED;
}

}  // namespace

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

const char *MappedFile::map(const char *path, Paging paging) {
  // Opening alone can have effects on a device, and without O_NONBLOCK it would wait for the writer of a pipe.
  struct stat status;
  if (stat(path, &status) != 0) return strerror(errno);
  if (const char *reason = refusal(status.st_mode)) return reason;
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return strerror(errno);
  const char *reason = refusal(file, &bytes_);
  if (reason == nullptr) {
    data_ = paging == Paging::preload ? copy_of(file, bytes_) : mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file, 0);
    if (data_ == MAP_FAILED) {
      reason = strerror(errno);
      data_ = nullptr;
    } else if (paging == Paging::on_use) {
      guard_mapping(data_, bytes_, path);
    }
  }
  close(file);
  return reason;
}

}  // namespace tidbit::posix
