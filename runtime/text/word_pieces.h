// The pieces of a word of a plain tokenizer: from left to right the longest one at each place, as WordPiece has it, or
// only the word itself.
#pragma once

#include "text/merge.h"

namespace tidbit {

class WordPieces {
 public:
  // Finds the pieces. The word is at most as long as the workspace has units.
  WordPieces(const Tables &tables, const Workspace &workspace, Steps &steps, const char *text, std::uint32_t size);

  // 0 if the word is unknown.
  std::uint32_t count() const { return count_; }
  std::uint32_t token(std::uint32_t i) const { return token_[i]; }

 private:
  bool is_short(const char *text, std::uint32_t size);
  bool split(const char *text, std::uint32_t size);
  std::uint32_t longest(Bytes lead, const char *text, std::uint32_t size, std::uint32_t *token);

  const Tables &tables_;
  Steps &steps_;
  std::uint32_t *token_;
  std::uint32_t count_ = 0;
};

}  // namespace tidbit
