// The special tokens of a folder without a tokenizer.json: those that tokenizer_config.json names, or else those of the
// tokenizer's class.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "converter/checkpoint/json.h"
#include "converter/tokenizer/readers.h"

namespace tidbit::convert {

class SpecialTokens {
 public:
  using Find = std::function<std::int64_t(const std::string &text)>;  // the id of a token, or -1

  // `settings` is tokenizer_config.json, `source` the vocabulary.
  SpecialTokens(const JsonNode &settings, const TokenizerConfig &config, Find find, const std::string &source);

  // Adds the token under a key of tokenizer_config.json, or else the usual one, unless there is none (null). Returns
  // its text.
  std::string add(const char *key, const char *usual);

  // Those of the vocabulary that added_tokens_decoder does not describe, as `added_tokens` of a tokenizer.json.
  const Json &added() const { return added_; }

  // What stands before and behind a text: a list of a token and its id.
  Json around(const std::string &text) const;

 private:
  const JsonNode &settings_;
  const TokenizerConfig &config_;
  const Find find_;
  const std::string &source_;
  Json added_ = Json::array();
};

}  // namespace tidbit::convert
