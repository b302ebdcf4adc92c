#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "cli/numbers.h"
#include "posix/cpu_features.h"

namespace tidbit::cli {
namespace {

int bad_number(const Option &option, const char *text) {
  return usage_error("%s: '%s' is not a number from %.10g to %.10g", option.name, text, option.low, option.high);
}

int set_number(const Option &option, const char *text) {
  uint64_t value = 0;
  if (!parse_unsigned(text, UINT32_MAX, &value)) return bad_number(option, text);
  const auto number = static_cast<double>(value);
  if (number < option.low || number > option.high) return bad_number(option, text);
  *static_cast<uint32_t *>(option.value) = static_cast<uint32_t>(value);
  return kOk;
}

int set_real(const Option &option, const char *text) {
  double value = 0;
  if (!parse_real(text, &value) || value < option.low || value > option.high) return bad_number(option, text);
  *static_cast<float *>(option.value) = static_cast<float>(value);
  return kOk;
}

int set_seed(const Option &option, const char *text) {
  auto *seed = static_cast<Seed *>(option.value);
  seed->given = true;
  if (parse_unsigned(text, UINT64_MAX, &seed->value)) return kOk;
  return usage_error("%s: '%s' is not a whole number from 0 to 18446744073709551615", option.name, text);
}

int add_text(const Option &option, const char *text) {
  auto *list = static_cast<TextList *>(option.value);
  if (list->count == TextList::kMost) {
    return usage_error("%s can be given at most %u times", option.name, TextList::kMost);
  }
  list->items[list->count++] = text;
  return kOk;
}

// "auto, scalar, avx2": the instruction sets that tidbit_isa_check accepts on this machine.
void list_isas(char *list, size_t bytes) {
  size_t used = 0;
  for (int i = 0; i < TIDBIT_ISA_COUNT; ++i) {
    const auto isa = static_cast<tidbit_isa>(i);
    if (tidbit_isa_check(isa, posix::cpu_features()) != TIDBIT_OK || used >= bytes) continue;
    const int more = snprintf(list + used, bytes - used, "%s%s", used > 0 ? ", " : "", tidbit_isa_name(isa));
    used += static_cast<size_t>(more);
  }
}

int set_isa(const Option &option, const char *text) {
  char usable[128] = "";
  list_isas(usable, sizeof usable);
  for (int i = 0; i < TIDBIT_ISA_COUNT; ++i) {
    const auto isa = static_cast<tidbit_isa>(i);
    if (strcmp(tidbit_isa_name(isa), text) != 0) continue;
    *static_cast<tidbit_isa *>(option.value) = isa;
    if (tidbit_isa_check(isa, posix::cpu_features()) == TIDBIT_OK) return kOk;
    return usage_error("%s %s: not available in this CPU or build; use one of %s", option.name, text, usable);
  }
  return usage_error("%s: unknown instruction set '%s'; use one of %s", option.name, text, usable);
}

int set_value(const Option &option, const char *text) {
  switch (option.kind) {
    case OptionKind::text:
      if (*text == 0 && strcmp(option.argument, "FILE") == 0) {
        return usage_error("%s: the name of the file is empty", option.name);
      }
      *static_cast<const char **>(option.value) = text;
      return kOk;
    case OptionKind::texts:
      return add_text(option, text);
    case OptionKind::number:
      return set_number(option, text);
    case OptionKind::real:
      return set_real(option, text);
    case OptionKind::seed:
      return set_seed(option, text);
    case OptionKind::isa:
      return set_isa(option, text);
    case OptionKind::flag:
      break;
  }
  *static_cast<bool *>(option.value) = true;
  return kOk;
}

// The option named by `word`: "-n", "--temp", or "--temp=0.5", where *value then points to "0.5".
const Option *find_option(const Usage &usage, const char *word, const char **value) {
  const char *equals = strchr(word, '=');
  const size_t length = equals != nullptr ? static_cast<size_t>(equals - word) : strlen(word);
  for (size_t i = 0; i < usage.option_count; ++i) {
    const Option &option = usage.options[i];
    const bool by_letter = option.letter != nullptr && strcmp(option.letter, word) == 0;
    if (!by_letter && (strlen(option.name) != length || strncmp(option.name, word, length) != 0)) continue;
    *value = by_letter || equals == nullptr ? nullptr : equals + 1;
    return &option;
  }
  return nullptr;
}

// Parses the option at items[*at] and its value. Leaves *at at the last word used.
int take_option(const Usage &usage, const Arguments &arguments, int *at) {
  const char *word = arguments.items[*at];
  const char *value = nullptr;
  const Option *option = find_option(usage, word, &value);
  if (option == nullptr) {
    return usage_error("%s: unknown option '%s'; see 'tidbit %s --help'", usage.command, word, usage.command);
  }
  if (option->kind == OptionKind::flag) {
    return value == nullptr ? set_value(*option, nullptr) : usage_error("%s does not take a value", option->name);
  }
  if (value == nullptr) {
    if (*at + 1 >= arguments.count) return usage_error("%s needs a value: %s", option->name, option->argument);
    value = arguments.items[++*at];
  }
  return set_value(*option, value);
}

void print_help(const Usage &usage, Output &out) {
  out.print("tidbit %s %s%s\n\n%s\n", usage.command, usage.positionals, usage.option_count > 0 ? " [options]" : "",
            usage.summary);
  if (usage.option_count > 0) out.print("\n");
  for (size_t i = 0; i < usage.option_count; ++i) {
    const Option &option = usage.options[i];
    char left[64];
    snprintf(left, sizeof left, "%s%s%s%s%s", option.letter != nullptr ? option.letter : "",
             option.letter != nullptr ? ", " : "", option.name, option.argument != nullptr ? " " : "",
             option.argument != nullptr ? option.argument : "");
    out.print("  %-20s %s\n", left, option.help);
  }
  if (usage.notes != nullptr) out.print("\n%s\n", usage.notes);
}

bool is_word(const char *text, const char *long_form, const char *short_form) {
  return strcmp(text, long_form) == 0 || strcmp(text, short_form) == 0;
}

}  // namespace

int parse_arguments(const Usage &usage, Arguments *arguments, Output &out) {
  int kept = 0;
  bool options_over = false;
  for (int i = 0; i < arguments->count; ++i) {
    char *word = arguments->items[i];
    // A single '-' means standard input and is not an option.
    if (options_over || word[0] != '-' || word[1] == 0) {
      arguments->items[kept++] = word;
    } else if (is_word(word, "--help", "-h")) {
      print_help(usage, out);
      return kOk;
    } else if (strcmp(word, "--") == 0) {
      options_over = true;
    } else if (const int code = take_option(usage, *arguments, &i); code != kOk) {
      return code;
    }
  }
  arguments->count = kept;
  if (kept >= usage.least && kept <= usage.most) return kGoOn;
  return usage_error("usage: tidbit %s %s%s; see 'tidbit %s --help'", usage.command, usage.positionals,
                     usage.option_count > 0 ? " [options]" : "", usage.command);
}

}  // namespace tidbit::cli
