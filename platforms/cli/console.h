// What the program says: results on standard output, errors and progress on standard error.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tidbit::cli {

// Exit codes, and what functions that can fail return.
constexpr int kOk = 0;
constexpr int kDataError = 1;
constexpr int kUsageError = 2;
constexpr int kInterrupted = 130;  // what a shell shows for a process that Ctrl-C ended

// Print one line, "tidbit: ...", and return the exit code. Control characters of file names become '?'.
int data_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Standard output in blocks. After a failed write the rest is dropped, so that nobody has to look at each write.
class Output {
 public:
  void write(const char *data, size_t bytes);
  void print(const char *format, ...) __attribute__((format(printf, 2, 3)));
  void flush();
  // False once a write failed: who reads us has gone, or the disk is full.
  bool is_open() const { return error_ == 0; }
  // The exit code of a program that so far ended with `code`.
  int finish(int code);

 private:
  char buffer_[8192];
  size_t used_ = 0;
  int error_ = 0;
};

// How far a long work is; seen on a terminal only.
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
  bool shown_ = false;
  double last_ = 0;
};

}  // namespace tidbit::cli
