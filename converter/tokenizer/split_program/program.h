// A pre-tokenizer as a list of stages, and the list as the program of the tokenizer section (TOKENIZER_FORMAT.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "converter/tokenizer/split_program/regex.h"
#include "text/tokenizer_format.h"

namespace tidbit::convert {

struct SplitStage {
  RegexNode expression;
  std::string what;  // names it in error messages
  format::split_program::Behavior behavior = format::split_program::Behavior::isolated;
  bool invert = false;
  bool byte_level = false;  // it comes behind the byte-level alphabet
};

struct SplitProgram {
  std::vector<std::uint16_t> table;
  std::vector<std::uint32_t> classes;
};

// `source` names the file in error messages.
SplitProgram make_split_program(const std::vector<SplitStage> &stages, const std::string &source);

// A stage for an expression in Oniguruma's syntax.
SplitStage regex_stage(const std::string &pattern, const std::string &source);

// Makes the stage see a space where it would see U+2581, as in the section's texts. True if it can match nothing then.
bool see_blanks(SplitStage &stage);

}  // namespace tidbit::convert
