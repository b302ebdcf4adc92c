// Compiles rules to the bytes that tidbit_grammar_open takes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "converter/grammar/expression.h"

namespace tidbit::convert {

// `source` names the grammar in error messages. Throws ConvertError, also if no text at all would be valid.
std::vector<std::byte> compile_grammar(const Rules &rules, const std::string &source);

// The front ends. Each text is untrusted.
std::vector<std::byte> compile_regex(const std::string &pattern, const std::string &source);
std::vector<std::byte> compile_schema(const std::string &json, const std::string &source);
std::vector<std::byte> compile_gbnf(const std::string &text, const std::string &source);

}  // namespace tidbit::convert
