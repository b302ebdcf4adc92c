// The normalizer and the pre-tokenizer of a tokenizer.json.
#pragma once

#include "converter/tokenizer/readers.h"

namespace tidbit::convert {

struct TextRules {
  bool byte_level = false;   // GPT-2's byte alphabet
  bool blanks = false;       // SentencePiece's U+2581 for spaces
  bool prefix_late = false;  // ... which the pre-tokenizer puts in front, not the normalizer
  bool characters = false;   // split into single characters
  bool words = false;        // ... in front of each word; what is between words is dropped
};

// Sets the vocabulary's split to expressions that are applied one after another to byte-level text.
void set_split(const std::vector<std::string> &expressions, Vocabulary &vocabulary, const std::string &source);

// For WhitespaceSplit in front of Metaspace: one space between words, unless the next one begins with U+2581.
void add_word_steps(std::vector<NormalizerStep> &steps, const std::string &source);

// Whether a model marks the place of its pieces in their word: end_of_word_suffix, continuing_subword_prefix.
bool has_marks(const JsonNode &model);

// Sets the vocabulary's split and flags; throws if something cannot be reproduced exactly.
TextRules read_text_rules(const JsonNode &settings, Vocabulary &vocabulary, const std::string &source);

}  // namespace tidbit::convert
