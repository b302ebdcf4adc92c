// Command line parsing from tables: each command lists its options once, for both the parser and --help.
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

// Tells an explicit --seed from the default, which is random.
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
  void *value;  // points to the type that goes with the kind
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
  return {"--isa", nullptr, "NAME", "instruction set; default: auto, the fastest", OptionKind::isa, value, 0, 0};
}

// The command line after the name of the command; after parse_arguments(), the positional arguments only.
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

// Sets the options' values and leaves the positional arguments in *arguments. Returns kGoOn, or an exit code if the
// command is finished: after an error, or after printing --help.
int parse_arguments(const Usage &usage, Arguments *arguments, Output &out);

}  // namespace tidbit::cli
