#include "cli/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/console.h"

namespace tidbit::cli {
namespace {

// Returns 0 or an error number.
int fill_and_close(int file, const char *data, size_t bytes) {
  int error = 0;
  while (bytes > 0 && error == 0) {
    const ssize_t count = write(file, data, bytes);
    if (count < 0) {
      error = errno == EINTR ? 0 : errno;
      continue;
    }
    data += count;
    bytes -= static_cast<size_t>(count);
  }
  if (close(file) != 0 && error == 0) error = errno;
  return error;
}

int write_to(const char *path, int flags, const void *data, size_t bytes) {
  const int file = open(path, O_WRONLY | O_CLOEXEC | flags, 0666);
  return file < 0 ? errno : fill_and_close(file, static_cast<const char *>(data), bytes);
}

int replace_file(const char *path, const void *data, size_t bytes) {
  char temporary[PATH_MAX];
  const int length = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, static_cast<long>(getpid()));
  if (length < 0 || static_cast<size_t>(length) >= sizeof temporary) return ENAMETOOLONG;
  int error = write_to(temporary, O_CREAT | O_EXCL, data, bytes);
  if (error == EEXIST) return error;
  if (error == 0 && rename(temporary, path) != 0) error = errno;
  if (error != 0) unlink(temporary);
  return error;
}

}  // namespace

int write_file(const char *path, const void *data, size_t bytes) {
  struct stat status;
  const bool special = stat(path, &status) == 0 && !S_ISREG(status.st_mode);
  const int error = special ? write_to(path, 0, data, bytes) : replace_file(path, data, bytes);
  return error == 0 ? kOk : data_error("cannot write %s: %s", path, strerror(error));
}

}  // namespace tidbit::cli
