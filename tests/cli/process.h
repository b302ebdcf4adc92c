// Runs programs as processes, with arguments and standard input, and returns their exit code and output.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tidbit::test {

using Words = std::vector<std::string>;

struct Result {
  int code;  // 128 + signal if a signal ended it
  std::string out, error;
};

// The files for a process's standard input, output and error.
struct Streams {
  int in, out, error;
};

pid_t spawn(const std::string &program, const Words &arguments, const Streams &streams);
int wait_for(pid_t process);

Result run_program(const std::string &program, const Words &arguments, const std::string &input = "");

// Runs the program under test.
Result tidbit(const Words &arguments, const std::string &input = "");

// A temporary directory that is removed with the object.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  std::string path(const std::string &name) const { return directory_ + "/" + name; }
  std::string write(const std::string &name, const std::string &content) const;
  size_t file_count() const;

 private:
  std::string directory_;
};

std::string read_file(const std::string &path);

}  // namespace tidbit::test
