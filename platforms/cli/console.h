// Output of the program: results go to standard output, errors and progress to standard error.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tidbit::cli {

// Exit codes. Functions that can fail return them too.
constexpr int kOk = 0;
constexpr int kDataError = 1;
constexpr int kUsageError = 2;
constexpr int kInterrupted = 130;  // as a shell reports a process that was ended by Ctrl-C

// Print one line, "tidbit: ...", and return the exit code. Control characters, as in file names, become question marks.
int data_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
// The same line for what is no error.
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Buffered standard output. After a failed write the rest is dropped, so callers need not check each write.
class Output {
 public:
  void write(const char *data, size_t bytes);
  void print(const char *format, ...) __attribute__((format(printf, 2, 3)));
  void flush();
  // False once a write has failed: the reader is gone, or the disk is full.
  bool is_open() const { return error_ == 0; }
  // Opens it again after a write that an interrupt ended, for a program that goes on.
  void forget_interrupt();
  // Flushes and returns the final exit code: `code`, or kDataError if it was kOk and a write failed.
  int finish(int code);

 private:
  char buffer_[8192];
  size_t used_ = 0;
  int error_ = 0;
};

// Shows the progress of a long operation. Prints only if standard error is a terminal.
class Progress {
 public:
  explicit Progress(const char *what);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  void show(uint64_t done, uint64_t total);

 private:
  const char *what_;
  bool terminal_;
  double last_ = 0;
};

}  // namespace tidbit::cli
