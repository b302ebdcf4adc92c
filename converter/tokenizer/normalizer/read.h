// The normalizer of a tokenizer.json.
#pragma once

#include <string>
#include <vector>

#include "converter/checkpoint/json.h"
#include "converter/tokenizer/normalizer/program.h"

namespace tidbit::convert {

struct NormalizerRules {
  std::vector<NormalizerStep> steps;
  bool replaces_blanks = false;  // spaces become U+2581
  bool prefix_blank = false;     // behind the steps, a space is put in front of the text
  bool byte_level = false;       // the text becomes GPT-2's byte alphabet
};

// Throws if something cannot be expressed.
NormalizerRules read_normalizer(const JsonNode &json, const std::string &source);

// NFC, NFD, NFKC or NFKD.
std::vector<NormalizerStep> unicode_form(bool compatible, bool composes);
NormalizerStep map_step(CharMap map);

}  // namespace tidbit::convert
