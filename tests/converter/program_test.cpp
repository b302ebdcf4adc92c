// The program tidbit-convert: exit codes, interruption, memory.
#include <malloc.h>
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
  ::malloc_trim(0);  // what this process holds counts as the child's
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

// A llama2.c checkpoint of zeros, sparse on disk: one layer with heads of 8 channels.
void write_checkpoint(const fs::path &path, std::int32_t dim, std::int32_t vocab) {
  const std::int32_t header[7] = {dim, dim, 1, dim / 8, dim / 8, vocab, 64};
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char *>(header), sizeof header);
  file.close();
  const auto d = static_cast<std::uint64_t>(dim);
  fs::resize_file(path, sizeof header + 4 * (static_cast<std::uint64_t>(vocab) * d + 2 * d + 7 * d * d + d + 64 * 8));
}

// Its embedding alone is 256 MB.
void write_large_checkpoint(const fs::path &path) { write_checkpoint(path, 1024, 65536); }

TEST(Program, ExitsWith0OnSuccess1OnAnErrorAnd2OnWrongUse) {
  const Folder folder;
  const std::string source = golden("llama-gqa"), output = folder / "x.tidbit";
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none"}), 0);
  EXPECT_EQ(exit_code({"--help"}), 0);
  EXPECT_EQ(exit_code({"--version"}), 0);
  EXPECT_EQ(exit_code({source, "-o", output}), 1);
  EXPECT_EQ(exit_code({source + "no", "-o", output, "--tokenizer", "none"}), 1);
  EXPECT_EQ(exit_code({source}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--weights", "q7"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--weights", "q8x16"}), 0);
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--embeddings", "q8x16"}), 0);
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--kv", "q8x16"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--kv", "int"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--context", "0"}), 2);
  const std::string adapter = fs::path(TIDBIT_LORA_GOLDENS) / "llama";
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--adapter", adapter, "--adapter-scale", "2"}), 0);
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--adapter", source}), 1);
  EXPECT_EQ(exit_code({source, "-o", output, "--adapter", adapter, "--adapter-scale", "much"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--adapter-scale", "2"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--bogus"}), 2);
  for (const char *bits : {"1.9", "17", "nan", "4x", ""})
    EXPECT_EQ(exit_code({source, "-o", output, "--bits", bits}), 2);
  for (const char *size : {"0", "-5", "4QB", "99999999999999999999", "2000000000GiB", "x", ""}) {
    EXPECT_EQ(exit_code({source, "-o", output, "--size", size}), 2) << size;
  }
  EXPECT_EQ(exit_code({source, "-o", output, "--bits", "4", "--weights", "q4"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--bits", "4", "--size", "4MB"}), 2);
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--size", "1kB"}), 1);
  EXPECT_EQ(exit_code({source, "-o", output, "--tokenizer", "none", "--size", "4MiB"}), 0);
}

// Runs it in a shell and returns its only line of standard error.
std::string failure_in_shell(const Folder &folder, const std::string &before, const std::string &behind) {
  const std::string command = before + TIDBIT_CONVERT_PROGRAM + behind + " 2> " + (folder / "error").string();
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1) << command;
  std::string error = read_file(folder / "error");
  EXPECT_EQ(error.find('\n') + 1, error.size()) << error;
  fs::remove(folder / "error");
  return error;
}

TEST(Program, SaysSoWhereStandardOutputCanNotBeWritten) {
  const Folder folder;
  const std::string convert =
      std::string(" ").append(golden("llama-gqa").string()) + " -o " + (folder / "x.tidbit").string();
  for (const std::string &arguments :
       {convert + " --tokenizer none", std::string(" --help"), std::string(" --version")}) {
    EXPECT_NE(failure_in_shell(folder, "", arguments + " > /dev/full").find("standard output"), std::string::npos);
  }
}

TEST(Program, LeavesNothingBehindWhereTheFileIsTooLarge) {
  const Folder folder;
  const std::string arguments = std::string(" ").append(golden("llama-gqa").string()) + " -o " +
                                (folder / "x.tidbit").string() + " --tokenizer none";
  EXPECT_NE(failure_in_shell(folder, "ulimit -f 4; ", arguments).find("cannot be written"), std::string::npos);
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Program, HoldsNoTensorInMemory) {
#if defined(TIDBIT_SANITIZED)
  GTEST_SKIP() << "a sanitizer uses memory of its own";
#endif
  const Folder folder;
  write_large_checkpoint(folder / "large.bin");
  const Outcome outcome = finish(
      start({folder / "large.bin", "-o", folder / "x.tidbit", "--tokenizer", "none", "--report", folder / "x.html"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_LT(outcome.peak_kilobytes, 64 * 1024);
}

// A tokenizer of all words of one to four of 16 letters: 69,904 tokens.
std::string large_tokenizer() {
  constexpr const char *kLetters = "abcdefghijklmnop";
  std::vector<std::string> words = {""};
  std::string vocab, merges;
  for (std::size_t begin = 0, count = 0; count < 69904;) {
    const std::size_t end = words.size();
    for (std::size_t i = begin; i < end; ++i) {
      for (const char *letter = kLetters; *letter != 0; ++letter) {
        words.push_back(words[i] + *letter);
        vocab += (count == 0 ? "\n\"" : ",\n\"") + words.back() + "\": " + std::to_string(count);
        ++count;
        if (i != 0) merges += (merges.empty() ? "\n[\n\"" : ",\n[\n\"") + words[i] + "\",\n\"" + *letter + "\"\n]";
      }
    }
    begin = end;
  }
  return R"({"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"model":{"type":"BPE","vocab":{)" + vocab +
         "},\"merges\":[" + merges + "]}}";
}

TEST(Program, HoldsAFewTimesTheTokenizerInMemory) {
#if defined(TIDBIT_SANITIZED)
  GTEST_SKIP() << "a sanitizer uses memory of its own";
#endif
  const Folder folder;
  write_checkpoint(folder / "model.bin", 8, 70000);
  const std::string tokenizer = large_tokenizer();
  write_file(folder / "tokenizer.json", tokenizer);
  const Outcome with = finish(start({folder / "model.bin", "-o", folder / "x.tidbit"}));
  const Outcome without = finish(start({folder / "model.bin", "-o", folder / "x.tidbit", "--tokenizer", "none"}));
  EXPECT_EQ(with.status, 0);
  EXPECT_EQ(without.status, 0);
  EXPECT_LT(with.peak_kilobytes - without.peak_kilobytes, 7 * static_cast<long>(tokenizer.size() / 1024));
}

TEST(Program, LeavesNothingBehindWhereItIsInterrupted) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM, SIGUSR1}) {
    const Folder folder;
    write_large_checkpoint(folder / "large.bin");
    const pid_t child = start({folder / "large.bin", "-o", folder / "x.tidbit", "--tokenizer", "none", "--weights",
                               "f32", "--report", folder / "x.html"});
    for (int i = 0; i < 1000 && folder.files() < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    ::kill(child, number);
    const Outcome outcome = finish(child);
    if (WIFEXITED(outcome.status)) continue;  // it finished before the signal
    EXPECT_EQ(WTERMSIG(outcome.status), number);
    EXPECT_EQ(folder.files(), 1u);
  }
}

}  // namespace
}  // namespace tidbit::test
