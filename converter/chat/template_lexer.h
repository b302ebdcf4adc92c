// Cuts a template into text and the tokens between {{ }} and {% %}. White space around the tags is removed as
// transformers has it: trim_blocks and lstrip_blocks are on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidbit::convert::chat {

enum class TokenType : std::uint8_t {
  text,  // outside of tags
  output_begin,
  output_end,
  block_begin,
  block_end,
  name,
  string,  // its value
  integer,
  real,
  symbol,
  end,
};

struct Token {
  TokenType type;
  std::string text;
  std::uint32_t line;
};

// Throws TemplateError. The last token is `end`.
std::vector<Token> cut_template(const std::string &source);

}  // namespace tidbit::convert::chat
