// GGUF's "bert": WordPiece with llama.cpp's cleaning of text. A piece that begins a word has U+2581 in front; the
// others have nothing, where BERT's vocab.txt has "##".
#pragma once

#include "converter/tokenizer/gguf.h"
#include "converter/tokenizer/vocabulary.h"

namespace tidbit::convert {

// The numbers of tokens and types are equal.
Vocabulary gguf_word_piece(const GgufTokenizer &gguf, const std::string &source);

}  // namespace tidbit::convert
