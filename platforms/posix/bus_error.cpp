#include "posix/bus_error.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "posix/unfinished_file.h"

namespace tidbit::posix {
namespace {

struct Mapping {
  uintptr_t begin;
  size_t bytes;
  const char *path;
};

Mapping mappings[kMostGuarded];
int mapping_count = 0;

const Mapping *mapping_at(const void *address) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  for (int i = 0; i < mapping_count; ++i) {
    if (at - mappings[i].begin < mappings[i].bytes) return mappings + i;
  }
  return nullptr;
}

void append(char *line, size_t size, const char *text) {
  size_t used = strlen(line);
  for (; *text != 0 && used + 1 < size; ++text) line[used++] = static_cast<unsigned char>(*text) < 32 ? '?' : *text;
  line[used] = 0;
}

// Only async-signal-safe functions from here on: write, _exit, sigaction, raise.
void say_and_exit(const Mapping &mapping) {
  constexpr char kRemedy[] =
      ": was cut short or became unreadable while in use; --preload of 'run' and 'bench' copies it into memory first";
  char line[1024] = "tidbit: ";
  append(line, sizeof line - sizeof kRemedy, mapping.path);
  append(line, sizeof line - 1, kRemedy);
  const size_t length = strlen(line);
  line[length] = '\n';
  if (write(STDERR_FILENO, line, length + 1) < 0) _exit(1);
  _exit(1);
}

void on_bus_error(int number, siginfo_t *info, void *) {
  remove_unfinished();
  // A signal sent by kill() has no address.
  const Mapping *mapping = info->si_code > 0 ? mapping_at(info->si_addr) : nullptr;
  if (mapping != nullptr) say_and_exit(*mapping);
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(number, &action, nullptr);
  raise(number);  // delivered when the handler returns
}

}  // namespace

void guard_mapping(const void *data, size_t bytes, const char *path) {
  if (mapping_count == kMostGuarded) return;
  mappings[mapping_count++] = {reinterpret_cast<uintptr_t>(data), bytes, path};
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace tidbit::posix
