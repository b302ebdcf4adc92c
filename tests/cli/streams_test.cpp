// Pipes that are closed or block, and Ctrl-C.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
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

TEST_F(ClosedOutput, EndsQuietlyWhenNobodyReads) {
  Pipe pipe;
  close(pipe.ends[0]);
  pipe.ends[0] = -1;
  EXPECT_EQ(wait_for(spawn(TIDBIT_PROGRAM, {"run", kModel, "-p", "turn"}, {nothing_, pipe.write_end(), error_file()})),
            0);
  EXPECT_EQ(error(), "");
}

TEST_F(ClosedOutput, AFullDiskIsAnError) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) GTEST_SKIP() << "/dev/full does not exist";
  EXPECT_EQ(wait_for(spawn(TIDBIT_PROGRAM, {"info", kModel}, {nothing_, full, error_file()})), 1);
  EXPECT_NE(error().find("standard output"), std::string::npos);
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
