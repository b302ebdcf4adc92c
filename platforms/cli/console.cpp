#include "cli/console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/utf8.h"
#include "posix/clock.h"
#include "posix/interrupt.h"

namespace tidbit::cli {
namespace {

bool progress_shown = false;

void clear_progress() {
  if (progress_shown) fputs("\r\033[K", stderr);
  progress_shown = false;
}

void print_error_line(const char *format, va_list arguments) {
  char line[1024];
  vsnprintf(line, sizeof line, format, arguments);
  replace_controls(line);
  clear_progress();
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

void note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_error_line(format, arguments);
  va_end(arguments);
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

void Output::forget_interrupt() {
  if (error_ == EINTR) error_ = 0;
}

int Output::finish(int code) {
  flush();
  if (error_ == 0) return code;
  if (error_ == EINTR) return code != kOk ? code : kInterrupted;
  const int failure = data_error("cannot write to standard output: %s", strerror(error_));
  return code != kOk ? code : failure;
}

Progress::Progress(const char *what) : what_(what), terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() { clear_progress(); }

void Progress::show(uint64_t done, uint64_t total) {
  if (!terminal_ || total == 0) return;
  const double now = posix::seconds_now();
  if (progress_shown && now - last_ < 0.1) return;
  last_ = now;
  progress_shown = true;
  fprintf(stderr, "\r%s %3.0f%%", what_, 100.0 * static_cast<double>(done) / static_cast<double>(total));
}

}  // namespace tidbit::cli
