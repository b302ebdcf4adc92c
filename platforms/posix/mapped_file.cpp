#include "posix/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tidbit::posix {
namespace {

// Null where the open file can be mapped, else why not.
const char *refusal(int file, size_t *bytes) {
  struct stat status;
  if (fstat(file, &status) != 0) return strerror(errno);
  if (S_ISDIR(status.st_mode)) return "is a directory, a file is needed";
  if (!S_ISREG(status.st_mode)) return "is not a regular file";
  if (status.st_size == 0) return "is empty";
  if (static_cast<uint64_t>(status.st_size) > SIZE_MAX) return "is larger than the address space";
  *bytes = static_cast<size_t>(status.st_size);
  return nullptr;
}

}  // namespace

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

const char *MappedFile::map(const char *path, Paging paging) {
  // Without O_NONBLOCK opening a pipe would wait for its writer before it can be refused.
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return strerror(errno);
  const char *reason = refusal(file, &bytes_);
  if (reason == nullptr) {
    const int flags = MAP_PRIVATE | (paging == Paging::at_once ? MAP_POPULATE : 0);
    void *data = mmap(nullptr, bytes_, PROT_READ, flags, file, 0);
    if (data == MAP_FAILED) {
      reason = strerror(errno);
    } else {
      data_ = data;
    }
  }
  close(file);
  return reason;
}

}  // namespace tidbit::posix
