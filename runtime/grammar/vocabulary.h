// The texts of a vocabulary, sorted by their bytes: a trie in depth-first order, in which each token has the number of
// bytes that it shares with the one before it, and those behind them. Tokens of plain characters (plain.h) come first,
// because masks can often do without a look at them.
//
//   "a"    shares 0, "a"    1 character
//   "ab"   shares 1, "b"    2
//   "abc"  shares 2, "c"    3
//   "b"    shares 0, "b"    1
//   "a\n"  shares 0, "a\n"
#pragma once

#include <string.h>

#include "base/types.h"
#include "tidbit/tidbit.h"

namespace tidbit {

struct Vocabulary {
  const tidbit_model *model;
  std::uint32_t size;        // of the model's vocabulary
  std::uint32_t count;       // tokens in the trie; the others have no text, end a text or are too long
  std::uint32_t plain;       // of them, those of plain characters
  std::uint32_t *ids;        // [size]: the plain ones, the rest of the trie, the others
  std::uint32_t *offsets;    // [count + 1]: the end of token i is bytes[offsets[i] .. offsets[i + 1])
  std::uint8_t *shared;      // [count]
  std::uint8_t *characters;  // [plain]
  std::uint8_t *bytes;
};
static_assert(sizeof(Vocabulary) <= sizeof(tidbit_vocabulary));

inline Vocabulary vocabulary_of(const tidbit_vocabulary *vocabulary) {
  Vocabulary view;
  memcpy(&view, vocabulary->opaque, sizeof view);
  return view;
}

inline bool is_ready(const tidbit_vocabulary *vocabulary) {
  return vocabulary != nullptr && vocabulary_of(vocabulary).model != nullptr;
}

struct TokenText {
  const char *text = "";
  std::uint32_t bytes = 0;
  char small[8] = {};

  // With `first` as in tidbit_token_text. No text if the token ends a text.
  void read(const tidbit_model *model, std::uint32_t token, int *first) {
    const auto id = static_cast<std::int32_t>(token);
    const bool ends = tidbit_is_end(model, id) != 0;
    if (ends || tidbit_token_text(model, id, first, 0, small, &text, &bytes) != TIDBIT_OK) bytes = 0;
  }
};

}  // namespace tidbit
