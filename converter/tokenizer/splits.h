// Normalizer and pre-tokenizer of tokenizer.json.
#pragma once

#include "converter/tokenizer/readers.h"

namespace tidbit::convert {

struct TextRules {
  bool nfc = false;         // the text must be in Unicode's composed form already
  bool byte_level = false;  // GPT-2's bytes
  bool blanks = false;      // SentencePiece's U+2581
  bool characters = false;  // cut into single characters
};

// Sets split and flags of the vocabulary; throws where something can't be followed exactly.
TextRules read_text_rules(const Json &json, Vocabulary &vocabulary, const std::string &source);

}  // namespace tidbit::convert
