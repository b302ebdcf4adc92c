// A tokenizer.json or a vocab.json. It can be large, so its text is read twice, and the lists that are as long as the
// vocabulary are never in memory as JSON.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "converter/checkpoint/json.h"

namespace tidbit::convert {

// The tokens of a vocabulary.
struct NamedTokens {
  std::unordered_map<std::string, std::uint32_t> ids;  // by the text in the file
  std::vector<const std::string *> texts;              // by id, keys of `ids`; null: there is no such token

  NamedTokens() = default;
  NamedTokens(const NamedTokens &) = delete;
  NamedTokens &operator=(const NamedTokens &) = delete;

  // Refuses a text or an id that was there before.
  void add(const std::string &text, const Json &id, const std::string &source);
  // The id, or -1.
  std::int64_t find(const std::string &text) const;
};

// Refuses a text that is too long in any alphabet, before anything is made of it.
void check_text_length(const std::string &text, const std::string &where);

// Checks that the JSON is a token id that a blob can store, and returns it.
std::uint32_t token_id(const JsonNode &id);

class TokenizerFile {
 public:
  // Reads everything but the lists below. Both arguments must outlive the object.
  TokenizerFile(std::string_view text, const std::string &source);

  const std::string &source() const { return source_; }
  // Otherwise it is a vocab.json.
  bool is_tokenizer_json() const { return settings_.contains("model"); }
  // Everything but `vocab`, `merges` and `added_tokens`, which are empty here.
  JsonNode settings() const { return {settings_, source_ + ":"}; }
  const NamedTokens &tokens() const { return is_tokenizer_json() ? of_model_ : of_file_; }

  // Of a Unigram model, whose vocabulary is a list of tokens and scores: the score of each id.
  const std::vector<double> &scores() const { return scores_; }

  // Reads the elements of `added_tokens` and `model.merges`, in the order of the file.
  using Take = std::function<void(const JsonNode &element)>;
  void read_lists(const Take &added_token, const Take &merge) const;

 private:
  void take_scored(Json &element);
  void take_member(const std::string &key, Json &value);
  void check() const;

  const std::string_view text_;
  const std::string &source_;
  Json settings_ = Json::object();
  NamedTokens of_model_, of_file_;
  std::vector<double> scores_;
  std::set<std::string> others_;  // members that are neither settings nor tokens
};

}  // namespace tidbit::convert
