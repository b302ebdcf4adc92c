#include "tests/cli/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

extern char **environ;

namespace tidbit::test {

pid_t spawn(const std::string &program, const Words &arguments, const Streams &streams) {
  std::vector<char *> words{const_cast<char *>(program.c_str())};
  for (const std::string &word : arguments) words.push_back(const_cast<char *>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, streams.in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, streams.out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, streams.error, STDERR_FILENO);
  pid_t process = -1;
  const int error = posix_spawn(&process, program.c_str(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + program);
  return process;
}

int wait_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) != process) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result run_program(const std::string &program, const Words &arguments, const std::string &input) {
  const Scratch scratch;
  const std::string out = scratch.path("out"), error = scratch.path("error");
  const Streams streams = {open(scratch.write("in", input).c_str(), O_RDONLY | O_CLOEXEC),
                           open(out.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
                           open(error.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  const int code = wait_for(spawn(program, arguments, streams));
  for (const int file : {streams.in, streams.out, streams.error}) close(file);
  return {code, read_file(out), read_file(error)};
}

Result tidbit(const Words &arguments, const std::string &input) {
  return run_program(TIDBIT_PROGRAM, arguments, input);
}

Scratch::Scratch() {
  std::string name = std::filesystem::temp_directory_path() / "tidbit-cli-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string Scratch::write(const std::string &name, const std::string &content) const {
  std::ofstream(path(name), std::ios::binary) << content;
  return path(name);
}

size_t Scratch::file_count() const {
  const std::filesystem::directory_iterator files(directory_);
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

std::string read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tidbit::test
