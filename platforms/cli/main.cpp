// tidbit: runs converted models on a PC or a Linux board.
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "posix/interrupt.h"

namespace tidbit::cli {
namespace {

struct Command {
  const char *name;
  int (*run)(Arguments arguments, Output &out);
  const char *summary;
};

constexpr Command kCommands[] = {
    {"run", run_command, "generate text"},
    {"chat", chat_command, "talk to a model, turn by turn"},
    {"info", info_command, "describe a model"},
    {"plan", plan_command, "memory needed by a session, also as a C header"},
    {"verify", verify_command, "check a model's checksums, signature and self-test"},
    {"tokenize", tokenize_command, "text to token ids"},
    {"detokenize", detokenize_command, "token ids to text"},
    {"logits", logits_command, "logits of given tokens, and their hash"},
    {"eval", eval_command, "perplexity of a text"},
    {"embed", embed_command, "vectors of texts, and search by them"},
    {"bench", bench_command, "speed, compared with the memory bandwidth"},
};

int print_overview(Output &out) {
  out.print("tidbit COMMAND MODEL [arguments] [options]\n\n");
  for (const Command &command : kCommands) out.print("  %-11s %s\n", command.name, command.summary);
  out.print("\n'tidbit COMMAND --help' lists a command's options; 'tidbit --version' prints the version.\n");
  return kOk;
}

int print_version(Output &out) {
  out.print("tidbit %d.%d.%d\n", TIDBIT_VERSION_MAJOR, TIDBIT_VERSION_MINOR, TIDBIT_VERSION_PATCH);
  return kOk;
}

int dispatch(int count, char **words, Output &out) {
  if (count < 2) return usage_error("no command given; 'tidbit --help' lists the commands");
  const char *name = words[1];
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) return print_overview(out);
  if (strcmp(name, "--version") == 0) return print_version(out);
  for (const Command &command : kCommands) {
    if (strcmp(command.name, name) == 0) return command.run({words + 2, count - 2}, out);
  }
  return usage_error("unknown command '%s'; 'tidbit --help' lists the commands", name);
}

// If a standard stream is closed, the next file to be opened would get its number, and output would go to that file.
// Its number is taken by a file that cannot be used the way the stream is, so that using it stays an error.
void open_closed_streams() {
  for (int file = STDIN_FILENO; file <= STDERR_FILENO; ++file) {
    if (fcntl(file, F_GETFD) >= 0) continue;
    // open() returns the lowest free number, which is `file`.
    if (open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

}  // namespace
}  // namespace tidbit::cli

int main(int count, char **words) {
  tidbit::cli::open_closed_streams();
  signal(SIGPIPE, SIG_IGN);  // these two become errors of write()
  signal(SIGXFSZ, SIG_IGN);
  tidbit::posix::catch_interrupts();
  tidbit::cli::Output out;
  return out.finish(tidbit::cli::dispatch(count, words, out));
}
