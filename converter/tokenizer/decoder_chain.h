// The decoder of a tokenizer.json: what becomes of one token, by its place in the text.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "converter/checkpoint/json.h"

namespace tidbit::convert {

// Whether a token is the first or the last of its text.
struct TokenPlace {
  bool first = false;
  bool last = false;
};

class DecoderChain {
 public:
  // Without a decoder the library puts a space between any two tokens. Throws if a decoder looks at more than one
  // token.
  DecoderChain(const std::optional<JsonNode> &decoder, const std::string &source);

  // What a token with this name in the file adds to the text: raw bytes, which need not be UTF-8.
  std::string decoded(std::string name, TokenPlace place) const;

  // Behind all others: a suffix becomes a space, at the end of the text nothing.
  void end_words(const std::string &suffix);

  bool drops_blanks() const { return drops_blanks_; }              // Metaspace: the first token has no spaces
  bool drops_first() const { return drops_first_; }                // Strip: the text loses its first character
  const std::string &word_prefix() const { return word_prefix_; }  // of WordPiece; may be empty

 private:
  using Step = std::function<std::string(std::string token, TokenPlace place)>;

  void read(const JsonNode &json);
  void read_bpe(const JsonNode &json);
  void read_byte_fallback(const JsonNode &json);
  void read_byte_level(const JsonNode &json);
  void read_fuse(const JsonNode &json);
  void read_metaspace(const JsonNode &json);
  void read_replace(const JsonNode &json);
  void read_sequence(const JsonNode &json);
  void read_strip(const JsonNode &json);
  void read_word_piece(const JsonNode &json);
  void refuse_joined(const JsonNode &json) const;

  const std::string &source_;
  std::vector<Step> steps_;
  bool fused_ = false;  // the steps from here on see the whole text
  bool bytes_ = false;  // ... in which a token may be a part of a character
  bool drops_blanks_ = false;
  bool drops_first_ = false;
  std::string word_prefix_;
};

}  // namespace tidbit::convert
