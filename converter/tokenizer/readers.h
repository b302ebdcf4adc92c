// One reader per file format. Each throws ConvertError with a sentence that names what it does not support.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "converter/tokenizer/vocabulary.h"

namespace tidbit::convert {

using Json = nlohmann::json;

// What tokenizer_config.json beside the tokenizer says; all empty without one.
struct TokenizerConfig {
  std::string tokenizer_class;
  std::string bos_token;
  std::string eos_token;
  int add_bos_token = -1;  // -1: not said
  int add_eos_token = -1;
  bool add_prefix_space = false;
  std::vector<std::pair<std::uint32_t, Json>> added_tokens;  // id and its description
};
TokenizerConfig read_tokenizer_config(const std::filesystem::path &beside);

// Reads a whole file; throws where it can't.
std::string read_text(const std::filesystem::path &file);

Vocabulary read_tokenizer_json(const Json &json, const TokenizerConfig &config, const std::string &source);
Vocabulary read_vocab_json(const Json &vocab, const std::string &merges, const TokenizerConfig &config,
                           const std::string &source);
Vocabulary read_character_json(const Json &vocab, const std::string &source);
Vocabulary read_sentencepiece(const std::string &bytes, const TokenizerConfig &config, const std::string &source);

// llama2.c's tokenizer.bin has no signature: whether the bytes are one to their end.
bool looks_like_llama2c(const std::string &bytes);
Vocabulary read_llama2c(const std::string &bytes, const std::string &source);

// Scored pieces with U+2581 in normal and user-defined ones and <0x0A> in bytes; `flags` of the section.
Vocabulary sentencepiece_vocabulary(std::vector<Piece> pieces, std::uint32_t flags, bool byte_fallback,
                                    const std::string &source);
// Turns the byte fallback on; throws where a byte has no token.
void require_all_bytes(Vocabulary &vocabulary, const std::string &source);

// Shared by the JSON readers.
struct NamedTokens {
  std::unordered_map<std::string, std::uint32_t> ids;  // by the text in the file
  std::vector<std::string> texts;

  static NamedTokens read(const Json &vocab, const std::string &source);
  // The id, or -1.
  std::int64_t find(const std::string &text) const;
};
void add_merges(Vocabulary &vocabulary, const NamedTokens &names,
                const std::vector<std::pair<std::string, std::string>> &pairs, const std::string &source);
// A token's id that a blob can hold.
std::uint32_t token_id(const Json &id, const std::string &source);
// Adds a token of `added_tokens` (Hugging Face); refuses the options that change the text around it.
void add_token(Vocabulary &vocabulary, std::uint32_t id, const Json &token, const std::string &source);
// Beginning and end of text: what the config says, else tokens by their usual names.
void set_ends(Vocabulary &vocabulary, const TokenizerConfig &config);

}  // namespace tidbit::convert
