// The program tidbit-convert: exit codes, interruption, memory.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status;  // as returned by wait4
  long peak_kilobytes;
};

pid_t start(const std::vector<std::string> &arguments) {
  std::vector<char *> pointers = {const_cast<char *>(TIDBIT_CONVERT_PROGRAM)};
  for (const std::string &argument : arguments) pointers.push_back(const_cast<char *>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::signal(SIGINT, SIG_DFL);
  if (::freopen("/dev/null", "w", stdout) != nullptr && ::freopen("/dev/null", "w", stderr) != nullptr) {
    ::execv(TIDBIT_CONVERT_PROGRAM, pointers.data());
  }
  ::_exit(127);
}

Outcome finish(pid_t child) {
  Outcome outcome = {};
  rusage usage = {};
  ::wait4(child, &outcome.status, 0, &usage);
  outcome.peak_kilobytes = usage.ru_maxrss;
  return outcome;
}

int exit_code(const std::vector<std::string> &arguments) {
  const Outcome outcome = finish(start(arguments));
  return WIFEXITED(outcome.status) ? WEXITSTATUS(outcome.status) : -1;
}

// A llama2.c checkpoint of zeros, sparse on disk. The embedding alone is 256 MB.
void write_large_checkpoint(const fs::path &path) {
  const std::int32_t header[7] = {1024, 1024, 1, 16, 16, 65536, 64};
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char *>(header), sizeof header);
  file.close();
  const std::uint64_t dim = 1024, layer = 2 * dim + 7 * dim * dim, head_dim = dim / 16;
  fs::resize_file(path, sizeof header + 4 * (65536 * dim + layer + dim + 64 * head_dim));
}

TEST(Program, ExitsWith0OnSuccess1OnAnErrorAnd2OnWrongUse) {
  const Folder folder;
  const std::string source = golden("llama-gqa"), output = folder / "x.tidbit";
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none"}), 0);
  EXPECT_EQ(exit_code({"--help"}), 0);
  EXPECT_EQ(exit_code({"--version"}), 0);
  EXPECT_EQ(exit_code({source, "-o", output}), 1);
  EXPECT_EQ(exit_code({source + "no", "-o", output, "--tokenizer", "none"}), 1);
  EXPECT_EQ(exit_code({source}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--weights", "q3"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--weights", "q8x16"}), 0);
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--embeddings", "q8x16"}), 0);
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--kv", "q8x16"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--kv", "int"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--context", "0"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--bogus"}), 2);
}

TEST(Program, SaysSoWhereItsSummaryCannotBePrinted) {
  const Folder folder;
  const std::string error = folder / "error";
  const std::string command = std::string(TIDBIT_CONVERT_PROGRAM) + " " + golden("llama-gqa").string() + " -o " +
                              (folder / "x.tidbit").string() + " --tokenizer none > /dev/full 2> " + error;
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
  EXPECT_NE(read_file(error).find("standard output"), std::string::npos) << read_file(error);
}

TEST(Program, HoldsNoTensorInMemory) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "a sanitizer uses memory of its own";
#endif
  const Folder folder;
  write_large_checkpoint(folder / "large.bin");
  const Outcome outcome = finish(start({folder / "large.bin", "-o", folder / "x.tidbit", "--tokenizer", "none"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_LT(outcome.peak_kilobytes, 64 * 1024);
}

TEST(Program, LeavesNothingBehindWhereItIsInterrupted) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const Folder folder;
    write_large_checkpoint(folder / "large.bin");
    const pid_t child =
        start({folder / "large.bin", "-o", folder / "x.tidbit", "--tokenizer", "none", "--weights", "f32"});
    for (int i = 0; i < 1000 && folder.files() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    ::kill(child, number);
    const Outcome outcome = finish(child);
    if (WIFEXITED(outcome.status)) continue;  // it finished before the signal
    EXPECT_EQ(WTERMSIG(outcome.status), number);
    EXPECT_EQ(folder.files(), 1u);
  }
}

}  // namespace
}  // namespace tidbit::test
