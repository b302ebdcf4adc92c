// GGUF's "t5": a Unigram model in llama.cpp's arithmetic, where sums are f64 and user-defined pieces have the score 0.
#pragma once

#include "converter/tokenizer/gguf.h"
#include "converter/tokenizer/vocabulary.h"

namespace tidbit::convert {

inline PieceType type_at(const GgufTokenizer &gguf, std::size_t id) {
  return gguf.types.empty() ? PieceType::normal : sentencepiece_type(static_cast<std::uint64_t>(gguf.types[id]));
}

// The numbers of tokens, scores and types are equal.
Vocabulary gguf_unigram(const GgufTokenizer &gguf, const std::string &source);

}  // namespace tidbit::convert
