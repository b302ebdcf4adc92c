// Compiles rules to the bytes that tidbit_grammar_open takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "converter/grammar/expression.h"

namespace tidbit::convert {

// `source` names the grammar in error messages. Throws ConvertError, also if no text at all would be valid.
std::vector<std::byte> compile_grammar(const Rules &rules, const std::string &source);

// The front ends. Each text is untrusted.
std::vector<std::byte> compile_regex(const std::string &pattern, const std::string &source);
Rules schema_rules(const std::string &json, const std::string &source);
std::vector<std::byte> compile_schema(const std::string &json, const std::string &source);
std::vector<std::byte> compile_gbnf(const std::string &text, const std::string &source);

// A grammar as a command line names it.
struct GrammarSource {
  enum class Kind : std::uint8_t { none, regex, schema, gbnf, tools };
  Kind kind = Kind::none;
  std::string text = {};  // the expression, or the name of a file
};
// Calls of tools are JSON lists.
std::vector<std::byte> compile(const GrammarSource &source);

}  // namespace tidbit::convert
