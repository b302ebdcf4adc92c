// The command line as tables: each command lists its options once, and parser and --help both read that list.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cli/console.h"
#include "tidbit/tidbit.h"

namespace tidbit::cli {

// An option that may be given more than once.
struct TextList {
  static constexpr uint32_t kMost = 16;
  const char *items[kMost];
  uint32_t count;
};

// An option that must be told apart from its default.
struct Seed {
  uint64_t value;
  bool given;
};

enum class OptionKind { flag, text, texts, number, real, seed, isa };

struct Option {
  const char *name;      // "--temp"
  const char *letter;    // "-n", or null
  const char *argument;  // its name in --help; null for a flag
  const char *help;
  OptionKind kind;
  void *value;  // of the type that belongs to the kind
  double low, high;
};

constexpr Option flag_option(const char *name, bool *value, const char *help) {
  return {name, nullptr, nullptr, help, OptionKind::flag, value, 0, 0};
}
constexpr Option text_option(const char *name, const char *letter, const char *argument, const char **value,
                             const char *help) {
  return {name, letter, argument, help, OptionKind::text, static_cast<void *>(value), 0, 0};
}
constexpr Option texts_option(const char *name, const char *argument, TextList *value, const char *help) {
  return {name, nullptr, argument, help, OptionKind::texts, value, 0, 0};
}
constexpr Option number_option(const char *name, const char *letter, uint32_t *value, uint32_t low, uint32_t high,
                               const char *help) {
  return {name, letter, "N", help, OptionKind::number, value, static_cast<double>(low), static_cast<double>(high)};
}
constexpr Option real_option(const char *name, const char *argument, float *value, double low, double high,
                             const char *help) {
  return {name, nullptr, argument, help, OptionKind::real, value, low, high};
}
constexpr Option seed_option(Seed *value, const char *help) {
  return {"--seed", nullptr, "S", help, OptionKind::seed, value, 0, 0};
}
constexpr Option isa_option(tidbit_isa *value) {
  return {"--isa", nullptr, "NAME", "instruction set instead of the fastest", OptionKind::isa, value, 0, 0};
}

// What is left of the command line: a command's own part of it, and later its positional arguments.
struct Arguments {
  char **items;
  int count;
};

struct Usage {
  const char *command;      // "run"
  const char *positionals;  // "MODEL TEXT"
  const char *summary;
  const Option *options;
  size_t option_count;
  int least, most;    // positional arguments
  const char *notes;  // after the options in --help; may be null
};

constexpr int kGoOn = -1;
constexpr int kAnyNumber = 1 << 30;

// Fills the options' values and leaves the positional arguments in *arguments. kGoOn, or the exit code where there
// is nothing more to do (an error, or --help was printed).
int parse_arguments(const Usage &usage, Arguments *arguments, Output &out);

}  // namespace tidbit::cli
