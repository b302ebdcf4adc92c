#include "cli/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/console.h"
#include "posix/interrupt.h"
#include "posix/unfinished_file.h"

namespace tidbit::cli {
namespace {

constexpr size_t kPiece = size_t{1} << 20;  // between two looks at the interrupt flag

// Returns 0 or an error number; EINTR only after an interrupt.
int fill_and_close(int file, const char *data, size_t bytes) {
  int error = 0;
  while (bytes > 0 && error == 0) {
    const ssize_t count = write(file, data, bytes < kPiece ? bytes : kPiece);
    if (posix::interrupted()) {
      error = EINTR;
      break;
    }
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

int write_special(const char *path, const void *data, size_t bytes) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  return file < 0 ? errno : fill_and_close(file, static_cast<const char *>(data), bytes);
}

int replace_file(const char *path, const void *data, size_t bytes) {
  char temporary[PATH_MAX];
  const int length = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, static_cast<long>(getpid()));
  if (length < 0 || static_cast<size_t>(length) >= sizeof temporary) return ENAMETOOLONG;
  posix::remember_unfinished(temporary);  // before there is such a file: a signal may come at any time
  const int file = open(temporary, O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, 0666);
  int error = file < 0 ? errno : fill_and_close(file, static_cast<const char *>(data), bytes);
  if (error == 0 && rename(temporary, path) != 0) error = errno;
  if (error != 0 && file >= 0) posix::remove_unfinished();
  posix::forget_unfinished();
  return error;
}

}  // namespace

int write_file(const char *path, const void *data, size_t bytes) {
  struct stat status;
  const bool special = stat(path, &status) == 0 && !S_ISREG(status.st_mode);
  const int error = special ? write_special(path, data, bytes) : replace_file(path, data, bytes);
  if (error == EINTR) return kInterrupted;
  return error == 0 ? kOk : data_error("cannot write %s: %s", path, strerror(error));
}

}  // namespace tidbit::cli
