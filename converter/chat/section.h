// Writes the pieces of a chat template as the section of a blob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "converter/chat/pieces.h"

namespace tidbit::convert::chat {

struct ChatSection {
  std::vector<std::byte> bytes;
  std::vector<std::int32_t> end_tokens;  // with which answers end
};

// Cuts the pieces at the special tokens of the tokenizer's section and tokenizes what is between them. In that section
// it makes each added token that a piece contains special, so that no text of a user becomes one.
ChatSection make_section(const Pieces &pieces, std::vector<std::byte> &tokenizer, std::uint32_t vocab_size);

}  // namespace tidbit::convert::chat
