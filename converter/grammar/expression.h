// What every front end for grammars makes, and what the compiler takes: rules, whose expressions are trees over sets of
// characters. In the syntax of regular expressions:
//
//   sequence(a, b)   ab        repeat(a, 2, 5)   a{2,5}        rule(3)   whatever rule 3 matches
//   alternatives     a|b       character         [a-z]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "converter/tokenizer/split_program/char_set.h"
#include "converter/tokenizer/split_program/regex.h"

namespace tidbit::convert {

struct Expression {
  enum class Kind : std::uint8_t { sequence, alternatives, repeat, character, rule };
  static constexpr std::uint32_t kNoLimit = RegexNode::kNoLimit;

  Kind kind = Kind::sequence;
  CharSet set = {};
  std::uint32_t least = 0;
  std::uint32_t most = 0;
  std::uint32_t rule = 0;
  std::vector<Expression> children = {};
};

struct Rules {
  std::vector<Expression> expressions;  // the first is the whole text
  std::vector<std::string> names;       // for messages
};

Expression character(CharSet set);
Expression exactly(std::string_view utf8);
Expression sequence(std::vector<Expression> children);
Expression alternatives(std::vector<Expression> children);
Expression repeat(Expression child, std::uint32_t least, std::uint32_t most = Expression::kNoLimit);
Expression optional(Expression child);
Expression rule(std::uint32_t index);

// The texts that match a regular expression as a whole. "^" at its start and "$" at its end say nothing more.
// `anchored` (may be null) says which of the two it had. Refuses look-aheads.
struct Anchors {
  bool start = false;
  bool end = false;
};
Expression regex_expression(std::string_view pattern, const std::string &source, Anchors *anchors = nullptr);

}  // namespace tidbit::convert
