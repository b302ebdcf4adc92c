#include "cli/console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "posix/clock.h"
#include "posix/interrupt.h"

namespace tidbit::cli {
namespace {

void print_error_line(const char *format, va_list arguments) {
  char line[1024];
  vsnprintf(line, sizeof line, format, arguments);
  for (char *c = line; *c != 0; ++c) {
    if (static_cast<unsigned char>(*c) < 32 || *c == 127) *c = '?';
  }
  fprintf(stderr, "tidbit: %s\n", line);
}

// Returns 0, or the error number of the write that failed.
int write_all(int file, const char *data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t count = ::write(file, data, bytes);
    if (count < 0 && (errno != EINTR || posix::interrupted())) return errno;
    if (count < 0) continue;
    data += count;
    bytes -= static_cast<size_t>(count);
  }
  return 0;
}

}  // namespace

int data_error(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_error_line(format, arguments);
  va_end(arguments);
  return kDataError;
}

int usage_error(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_error_line(format, arguments);
  va_end(arguments);
  return kUsageError;
}

void Output::write(const char *data, size_t bytes) {
  if (bytes > sizeof buffer_ - used_) flush();
  if (bytes > sizeof buffer_) {
    if (error_ == 0) error_ = write_all(STDOUT_FILENO, data, bytes);
    return;
  }
  memcpy(buffer_ + used_, data, bytes);
  used_ += bytes;
}

void Output::print(const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length > 0)
    write(text, static_cast<size_t>(length) < sizeof text ? static_cast<size_t>(length) : sizeof text - 1);
}

void Output::flush() {
  if (error_ == 0) error_ = write_all(STDOUT_FILENO, buffer_, used_);
  used_ = 0;
}

int Output::finish(int code) {
  flush();
  // A closed pipe is not an error: the reader, such as `head`, has read enough.
  if (error_ == 0 || error_ == EPIPE || error_ == EINTR) return code;
  const int failure = data_error("cannot write to standard output: %s", strerror(error_));
  return code != kOk ? code : failure;
}

Progress::Progress(const char *what) : what_(what), terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (shown_) fputs("\r\033[K", stderr);
}

void Progress::show(uint64_t done, uint64_t total) {
  if (!terminal_ || total == 0) return;
  const double now = posix::seconds_now();
  if (shown_ && now - last_ < 0.1) return;
  last_ = now;
  shown_ = true;
  fprintf(stderr, "\r%s %3.0f%%", what_, 100.0 * static_cast<double>(done) / static_cast<double>(total));
}

}  // namespace tidbit::cli
