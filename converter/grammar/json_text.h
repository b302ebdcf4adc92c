// Expressions for the parts of JSON texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "converter/grammar/expression.h"

namespace tidbit::convert {

// What stands between the tokens of a JSON text: a comma or colon, and at most one space behind it. More would let a
// model write white space without end.
Expression comma();
Expression colon();

// A character inside a string: as it is, or escaped. No surrogates, so that every text is Unicode.
Expression string_character();
Expression string_of(Expression characters);
// The expression with its characters as they are written in a JSON string.
Expression in_string(const Expression &e);
// A string without escapes that is none of these.
Expression string_other_than(const std::vector<std::string> &texts);

// Integers from `least` to `most`, both at most kMostInteger from 0.
inline constexpr long long kMostInteger = 999999999999999;
Expression integers(long long least, long long most);

// A bound of a number: digits / 10^decimals.
struct Bound {
  long long digits;
  int decimals;
  bool exclusive;
};
Expression any_integer();
Expression any_number();
Expression numbers(std::optional<Bound> least, std::optional<Bound> most);

// date, time, date-time, uuid, ipv4 or email; nothing for other names.
std::optional<Expression> string_format(std::string_view name);

}  // namespace tidbit::convert
