// Parses a regular expression in Oniguruma's syntax, as the Hugging Face library uses it. Everything that the program
// cannot express is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "converter/tokenizer/split_program/char_set.h"

namespace tidbit::convert {

struct RegexNode {
  enum class Kind : std::uint8_t {
    sequence,      // children one after another
    alternatives,  // the first child that leads to a match
    repeat,        // child 0, `least` to `most` times
    character,     // one of `set`
    look,          // the next character is one of `set`, or the text ends if `at_end`; consumes nothing
  };
  static constexpr std::uint32_t kNoLimit = 0xFFFFFFFF;

  Kind kind = Kind::sequence;
  CharSet set = {};
  bool at_end = false;
  bool greedy = true;
  std::uint32_t least = 0;
  std::uint32_t most = 0;
  std::vector<RegexNode> children = {};
};

// `source` names the file in error messages, which contain the pattern.
RegexNode parse_regex(const std::string &pattern, const std::string &source);

// The expression that matches exactly this text, which is UTF-8.
RegexNode literal(std::string_view text);

RegexNode one_of(CharSet set);
RegexNode repeated(RegexNode child, std::uint32_t least, std::uint32_t most);

}  // namespace tidbit::convert
