// Pipes that are closed or block, full disks, size limits, a model file that is cut short, and Ctrl-C.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/cli/process.h"

namespace tidbit::test {
namespace {

const std::string kModel = TIDBIT_SAMPLE_BLOB;

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    for (const int end : ends) close(end);
  }
  int read_end() const { return ends[0]; }
  int write_end() const { return ends[1]; }
  // Writes until the pipe is full.
  void fill() const {
    fcntl(write_end(), F_SETFL, O_NONBLOCK);
    const char block[512] = {};
    while (write(write_end(), block, sizeof block) > 0) {
    }
    fcntl(write_end(), F_SETFL, 0);
  }
  int ends[2];
};

// Long enough for the program to be in the middle of its work.
void let_it_start() { std::this_thread::sleep_for(std::chrono::milliseconds(400)); }

class StreamsTest : public ::testing::Test {
 protected:
  int error_file() { return open(scratch_.path("error").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600); }
  std::string error() const { return read_file(scratch_.path("error")); }

  Scratch scratch_;
  int nothing_ = open("/dev/null", O_RDWR | O_CLOEXEC);
};

using Interrupts = StreamsTest;
using ClosedOutput = StreamsTest;
using CutShort = StreamsTest;
using Terminal = StreamsTest;

size_t line_count(const std::string &text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

// Runs the program from a shell, with `before` and `after` its command line.
Result in_shell(const std::string &before, const Words &arguments, const std::string &after) {
  std::string line = before + " exec " TIDBIT_PROGRAM;
  for (const std::string &word : arguments) line += " '" + word + "'";
  return run_program("/bin/sh", {"-c", line + " " + after});
}

TEST_F(ClosedOutput, IsAnErrorWhenNobodyReads) {
  Pipe pipe;
  close(pipe.ends[0]);
  pipe.ends[0] = -1;
  EXPECT_EQ(wait_for(spawn(TIDBIT_PROGRAM, {"run", kModel, "-p", "turn"}, {nothing_, pipe.write_end(), error_file()})),
            1);
  EXPECT_EQ(error(), "tidbit: cannot write to standard output: Broken pipe\n");
}

TEST_F(ClosedOutput, AFullDiskIsAnErrorOfEveryCommand) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "/dev/full does not exist";
  const std::string text = scratch_.write("text", "turn on the lights");
  for (const Words &words : {Words{"--help"},
                             {"--version"},
                             {"run", "--help"},
                             {"run", kModel, "-p", "turn"},
                             {"info", kModel},
                             {"info", kModel, "--json"},
                             {"plan", kModel},
                             {"plan", kModel, "--features", "kconfig"},
                             {"verify", kModel},
                             {"tokenize", kModel, "turn"},
                             {"detokenize", kModel, "5"},
                             {"logits", kModel, "--tokens", "1"},
                             {"eval", kModel, "--text", text},
                             {"bench", kModel, "--prompt", "1", "--gen", "1"}}) {
    const Result result = in_shell("", words, ">/dev/full");
    EXPECT_EQ(result.code, 1) << words[0];
    EXPECT_EQ(result.error, "tidbit: cannot write to standard output: No space left on device\n") << words[0];
  }
  EXPECT_EQ(in_shell("", {"logits", kModel, "--tokens", "1", "-o", "/dev/full"}, "").code, 1);
  EXPECT_EQ(in_shell("", {"plan", kModel, "--header", "/dev/full"}, "").code, 1);
}

TEST_F(ClosedOutput, AStreamThatIsClosedFromTheStartIsAnErrorIfItIsUsed) {
  EXPECT_EQ(in_shell("", {"info", kModel}, ">&-").code, 1);
  EXPECT_EQ(in_shell("", {"run", kModel, "-p", "-"}, "<&-").code, 1);
  EXPECT_EQ(in_shell("", {"info", kModel}, "<&- 2>&-").code, 0);
}

TEST_F(Terminal, ShowsAndRemovesTheProgressOfVerify) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(master, 0);
  ASSERT_EQ(grantpt(master) | unlockpt(master), 0);
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  EXPECT_EQ(wait_for(spawn(TIDBIT_PROGRAM, {"verify", kModel}, {nothing_, nothing_, terminal})), 0);
  const std::string expected = "\rverifying   0%\r\033[K";
  std::string shown;
  for (char byte = 0; shown.size() < expected.size() && read(master, &byte, 1) == 1;) shown += byte;
  EXPECT_EQ(shown, expected);
  close(terminal);
  close(master);
}

TEST_F(ClosedOutput, ASizeLimitIsAnErrorAndLeavesNothing) {
  const Result result = in_shell("ulimit -f 1;", {"logits", kModel, "--tokens", "1,2,3", "-o", scratch_.path("l")}, "");
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.error.find("File too large"), std::string::npos) << result.error;
  EXPECT_EQ(scratch_.file_count(), 0u);
}

// Waits until the process has mapped the file.
void wait_for_mapping(pid_t process, const std::string &file) {
  const std::string maps = "/proc/" + std::to_string(process) + "/maps";
  while (kill(process, 0) == 0 && read_file(maps).find(file) == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST_F(CutShort, AModelThatShrinksBeforeItsPromptIsReadIsOneLine) {
  const std::string model = scratch_.write("model", read_file(kModel));
  Pipe pipe;
  const pid_t process = spawn(TIDBIT_PROGRAM, {"run", model, "-p", "-"}, {pipe.read_end(), nothing_, error_file()});
  wait_for_mapping(process, model);
  std::filesystem::resize_file(model, 0);
  EXPECT_EQ(write(pipe.write_end(), "turn on", 7), 7);
  close(pipe.ends[1]);
  pipe.ends[1] = -1;
  EXPECT_EQ(wait_for(process), 1);
  EXPECT_EQ(error().rfind("tidbit: " + model + ": was cut short", 0), 0u) << error();
  EXPECT_NE(error().find("--preload"), std::string::npos);
  EXPECT_EQ(line_count(error()), 1u);
}

// The program waits in the middle of its output until the test reads it. With two threads, either may fail.
TEST_F(CutShort, AModelThatShrinksDuringGenerationIsOneLine) {
  for (const char *threads : {"1", "2"}) {
    const std::string model = scratch_.write("model", read_file(kModel));
    Pipe pipe;
    pipe.fill();
    std::filesystem::remove(scratch_.path("error"));
    const pid_t process = spawn(TIDBIT_PROGRAM, {"run", model, "--tokens", "5", "--threads", threads},
                                {nothing_, pipe.write_end(), error_file()});
    let_it_start();
    std::filesystem::resize_file(model, 4096);
    close(pipe.ends[1]);
    pipe.ends[1] = -1;
    char block[4096];
    while (read(pipe.read_end(), block, sizeof block) > 0) {
    }
    EXPECT_EQ(wait_for(process), 1);
    EXPECT_EQ(error().rfind("tidbit: " + model + ": was cut short", 0), 0u) << error();
    EXPECT_EQ(line_count(error()), 1u);
  }
}

TEST_F(CutShort, ThePreloadedModelDoesNotNeedItsFile) {
  const std::string model = scratch_.write("model", read_file(kModel));
  Pipe pipe;
  pipe.fill();
  const pid_t process =
      spawn(TIDBIT_PROGRAM, {"run", model, "--tokens", "5", "--preload"}, {nothing_, pipe.write_end(), error_file()});
  let_it_start();
  std::filesystem::resize_file(model, 0);
  close(pipe.ends[1]);
  pipe.ends[1] = -1;
  char block[4096];
  while (read(pipe.read_end(), block, sizeof block) > 0) {
  }
  EXPECT_EQ(wait_for(process), 0) << error();
}

TEST_F(CutShort, ABusErrorSentByAnotherProcessEndsItAsUsual) {
  const Pipe pipe;
  const pid_t process = spawn(TIDBIT_PROGRAM, {"run", kModel, "-p", "-"}, {pipe.read_end(), nothing_, error_file()});
  wait_for_mapping(process, kModel);
  let_it_start();
  kill(process, SIGBUS);
  EXPECT_EQ(wait_for(process), 128 + SIGBUS);
}

TEST_F(Interrupts, WhileWaitingForThePrompt) {
  const Pipe pipe;
  const pid_t process = spawn(TIDBIT_PROGRAM, {"run", kModel, "-p", "-"}, {pipe.read_end(), nothing_, error_file()});
  let_it_start();
  kill(process, SIGINT);
  EXPECT_EQ(wait_for(process), 130);
  EXPECT_EQ(error(), "");
}

TEST_F(Interrupts, WhileTheReaderStandsStill) {
  const Pipe pipe;
  pipe.fill();
  const pid_t process =
      spawn(TIDBIT_PROGRAM, {"run", kModel, "--tokens", "5"}, {nothing_, pipe.write_end(), error_file()});
  let_it_start();
  kill(process, SIGTERM);
  EXPECT_EQ(wait_for(process), 130);
}

// Whenever the signal comes, the file is complete or does not exist.
TEST_F(Interrupts, LeaveNoTemporaryFile) {
  std::string tokens = "5";
  for (int i = 1; i < 190; ++i) tokens += ",5";
  const std::string whole = scratch_.path("whole");
  ASSERT_EQ(tidbit({"logits", kModel, "--tokens", tokens, "-o", whole}).code, 0);
  const std::string file = scratch_.path("file");
  for (int delay = 0; delay < 40; ++delay) {
    const pid_t process =
        spawn(TIDBIT_PROGRAM, {"logits", kModel, "--tokens", tokens, "-o", file}, {nothing_, nothing_, error_file()});
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    constexpr int kNumbers[] = {SIGHUP, SIGTERM, SIGUSR1, SIGALRM, SIGVTALRM};
    for (int i = 0; i < 1 + delay % 2; ++i) kill(process, kNumbers[delay % 5]);
    wait_for(process);
    const bool complete = std::filesystem::exists(file);
    if (complete) {
      EXPECT_EQ(read_file(file), read_file(whole));
    }
    EXPECT_EQ(scratch_.file_count(), complete ? 3u : 2u);  // whole, error, file
    std::filesystem::remove(file);
  }
}

TEST_F(Interrupts, InTheMidstOfPrefill) {
  std::string text;
  while (text.size() < 4000000) text += "turn on the lights in the kitchen\n";
  const pid_t process = spawn(TIDBIT_PROGRAM, {"eval", kModel, "--text", scratch_.write("text", text)},
                              {nothing_, nothing_, error_file()});
  let_it_start();
  kill(process, SIGINT);
  EXPECT_EQ(wait_for(process), 130);
  EXPECT_EQ(error(), "");
}

}  // namespace
}  // namespace tidbit::test
