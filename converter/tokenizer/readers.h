// One reader per file format. Each throws a ConvertError that names what is not supported.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "converter/checkpoint/json.h"
#include "converter/tokenizer/tokenizer_file.h"
#include "converter/tokenizer/vocabulary.h"

namespace tidbit::convert {

// The contents of tokenizer_config.json next to the tokenizer, the added tokens, which may be in added_tokens.json, and
// what config.json says of the tokenizer; all empty if there is no such file.
struct TokenizerConfig {
  std::string added_source;  // where the added tokens come from, for messages
  std::string tokenizer_class;
  std::string declared_class;   // the class without "Fast", also from config.json; empty if none is named
  std::string model_type;       // of config.json
  std::int64_t extra_ids = -1;  // T5's sentinels; -1: not specified
  std::string bos_token;
  std::string eos_token;
  int add_bos_token = -1;  // -1: not specified
  int add_eos_token = -1;
  bool add_prefix_space = false;
  std::vector<std::pair<std::uint32_t, Json>> added_tokens;  // id and its description
  std::set<std::string> special_texts;                       // of special tokens, which may be in the vocabulary
};
TokenizerConfig read_tokenizer_config(const std::filesystem::path &tokenizer);

Vocabulary read_tokenizer_json(const TokenizerFile &file, const TokenizerConfig &config);
// `vocab` is the text of the file at `path`.
Vocabulary read_vocab_json(const TokenizerFile &file, std::string_view vocab, std::string_view merges,
                           const std::filesystem::path &path);
Vocabulary read_vocab_txt(const std::string &bytes, const std::filesystem::path &path);
Vocabulary read_characters(const NamedTokens &tokens, const std::string &source);
Vocabulary read_sentencepiece(const std::string &bytes, const TokenizerConfig &config, const std::string &source);

// Whether a file is a pickle, or one of torch.save, which has a pickle in it; and whether there is a table of
// characters in the latter, as in nanoGPT's meta.pkl.
bool is_pickle(const std::filesystem::path &path);
bool has_pickled_characters(const std::filesystem::path &checkpoint);
Vocabulary read_pickled_characters(const std::filesystem::path &path);

// llama2.c's tokenizer.bin has no signature. True if the bytes parse as one to the end.
bool looks_like_llama2c(const std::string &bytes);
Vocabulary read_llama2c(const std::string &bytes, const std::string &source);

// Makes a vocabulary from scored pieces. Normal and user-defined pieces contain U+2581 for spaces, byte pieces are
// written as <0x0A>. `flags` are those of the section.
Vocabulary sentencepiece_vocabulary(std::vector<Piece> pieces, std::uint32_t flags, bool byte_fallback,
                                    const std::string &source);
// Makes it one of SentencePiece's Unigram model.
void make_unigram(Vocabulary &vocabulary, const std::string &source);
// Turns on byte fallback; throws if a byte has no token.
void require_all_bytes(Vocabulary &vocabulary, const std::string &source);

// Sets how tokens decode, by the decoder of a tokenizer.json and the names of the tokens there; null: their texts.
// Throws if a token decodes in a way that a section cannot express. Without a decoder the tokens of words stand apart.
void set_decoder(Vocabulary &vocabulary, const std::optional<JsonNode> &decoder, const NamedTokens *names,
                 const std::string &source);

// Shared by the JSON readers. add_merge appends the merge of two tokens, by their texts in the file.
void add_merge(Vocabulary &vocabulary, const NamedTokens &names, const std::string &left, const std::string &right,
               const std::string &source);
// "left right"
void add_merge(Vocabulary &vocabulary, const NamedTokens &names, std::string_view line, const std::string &source);
// Adds a token of Hugging Face's `added_tokens`. Refuses a second text for an id.
void add_token(Vocabulary &vocabulary, std::uint32_t id, const JsonNode &token);
// Adds the tokens of the config, apart from those that a SentencePiece model contains.
void add_config_tokens(Vocabulary &vocabulary, const TokenizerConfig &config);
// Adds the tokens of the config that a tokenizer.json lacks, and the special ones that are only in its vocabulary.
void add_missing_tokens(Vocabulary &vocabulary, const NamedTokens &names, const TokenizerConfig &config);
// Sets the tokens for begin and end of text from the config, or else by their usual names.
void set_ends(Vocabulary &vocabulary, const TokenizerConfig &config);

}  // namespace tidbit::convert
