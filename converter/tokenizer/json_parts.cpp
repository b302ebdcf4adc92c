// Shared by the readers of tokenizer.json and vocab.json.
#include <algorithm>
#include <set>

#include "converter/checkpoint/json.h"
#include "converter/error.h"
#include "converter/tokenizer/readers.h"
#include "format/blob_format.h"

namespace tidbit::convert {

void add_merge(Vocabulary &vocabulary, const NamedTokens &names, const std::string &left, const std::string &right,
               const std::string &source) {
  const std::int64_t a = names.find(left);
  const std::int64_t b = names.find(right);
  const bool marked = vocabulary.kind == format::TokenizerKind::word_bpe;
  const std::size_t mark = marked ? vocabulary.continuing.size() : 0;  // of the right token, which the merge drops
  const std::int64_t both = right.size() < mark ? -1 : names.find(left + right.substr(mark));
  if (a < 0 || b < 0 || both < 0) {
    throw ConvertError(source + ": the merge of " + in_quotes(left) + " and " + in_quotes(right) +
                       " uses a token that is not in the vocabulary");
  }
  if (vocabulary.merges.size() == format::kMaxMerges) throw ConvertError(source + ": has too many merges");
  vocabulary.merges.push_back(
      {static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(both)});
}

void add_merge(Vocabulary &vocabulary, const NamedTokens &names, std::string_view line, const std::string &source) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos) {
    throw ConvertError(source + ": " + in_quotes(line) + " is not a merge of two tokens");
  }
  add_merge(vocabulary, names, std::string(line.substr(0, blank)), std::string(line.substr(blank + 1)), source);
}

// Whether a piece of the vocabulary may be this added token: by its text, also as it is written in the file.
static bool has_text(const Piece &piece, const std::string &content) {
  return piece.text.empty() || piece.type == PieceType::byte || piece.text == content ||
         piece.text == with_blanks(content) || piece.text == byte_level_bytes(content);
}

static bool is_added(const Vocabulary &vocabulary, std::uint32_t id) {
  const PieceType type = vocabulary.pieces[id].type;
  if (type == PieceType::control || type == PieceType::user_defined) return true;
  return type == PieceType::unknown && std::any_of(vocabulary.added.begin(), vocabulary.added.end(),
                                                   [&](const AddedPiece &added) { return added.id == id; });
}

void add_token(Vocabulary &vocabulary, std::uint32_t id, const JsonNode &token) {
  const std::string &content = token.at("content").text();
  check_text_length(content, token.place());
  const bool special = token.flag_or("special", false);
  if (vocabulary.pieces.size() <= id) vocabulary.pieces.resize(id + 1);
  Piece &piece = vocabulary.pieces[id];
  if (is_added(vocabulary, id)) token.refuse("has the id " + std::to_string(id) + ", as another added token has");
  if (!has_text(piece, content)) {
    token.refuse("has the text " + in_quotes(content) + ", but the vocabulary has " + in_quotes(piece.text) +
                 " for its id; use the tokenizer as it was published");
  }
  piece.text = content;
  if (piece.type != PieceType::unknown) piece.type = special ? PieceType::control : PieceType::user_defined;
  vocabulary.added.push_back({id, special, token.flag_or("normalized", false), token.flag_or("single_word", false),
                              token.flag_or("lstrip", false), token.flag_or("rstrip", false)});
}

static std::int32_t find_text(const Vocabulary &vocabulary, const std::string &text) {
  if (text.empty()) return -1;
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    if (vocabulary.pieces[id].text == text) return static_cast<std::int32_t>(id);
  }
  return -1;
}

void set_ends(Vocabulary &vocabulary, const TokenizerConfig &config) {
  vocabulary.bos = find_text(vocabulary, config.bos_token);
  if (vocabulary.bos < 0 && !vocabulary.prefix.empty()) vocabulary.bos = vocabulary.prefix[0];
  const std::int32_t end = find_text(vocabulary, config.eos_token);
  if (end >= 0) {
    vocabulary.ends = {end};
    return;
  }
  for (const char *name : {"</s>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|im_end|>", "<|end|>"}) {
    const std::int32_t id = find_text(vocabulary, name);
    if (id >= 0 && vocabulary.pieces[static_cast<std::size_t>(id)].type == PieceType::control) {
      vocabulary.ends.push_back(id);
    }
  }
}

// "<s>", or an object with its "content"; empty if the key is absent.
static std::string token_name(const JsonNode &config, const char *key) {
  const auto token = config.find(key);
  if (!token) return {};
  return token->value().is_object() ? token->text_or("content", "") : token->text();
}

// 1 or 0, or -1 if the key is absent.
static int optional_flag(const JsonNode &config, const char *key) {
  const auto flag = config.find(key);
  return !flag ? -1 : flag->flag() ? 1 : 0;
}

static std::uint32_t id_of_key(const std::string &key, const JsonNode &list) {
  const bool number = !key.empty() && key.size() < 8 &&
                      std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
  const unsigned long id = number ? std::stoul(key) : format::kMaxVocab;
  if (id >= format::kMaxVocab) list.refuse("has the key " + in_quotes(key) + ", which is not a valid id of a token");
  return static_cast<std::uint32_t>(id);
}

// The texts of a special_tokens_map.json: strings, descriptions of tokens, and lists of both.
static std::set<std::string> special_texts(const Json &map) {
  std::set<std::string> texts;
  const auto add = [&texts](const Json &token) {
    const Json &text = token.is_object() && token.contains("content") ? token["content"] : token;
    if (text.is_string()) texts.insert(text.get<std::string>());
  };
  for (const auto &[key, value] : map.items()) {
    if (!value.is_array()) add(value);
    if (value.is_array()) std::for_each(value.begin(), value.end(), add);
  }
  return texts;
}

// Folders without added_tokens_decoder keep the added tokens here, as a map from texts to ids.
static void read_added_tokens_json(TokenizerConfig &config, const std::filesystem::path &file) {
  if (!is_there(file)) return;
  const Json map = read_json_object(file);
  const JsonNode node(map, file.string() + ":");
  for (const auto &[text, value] : map.items()) {
    const Json token = {{"content", text}, {"special", config.special_texts.contains(text)}};
    config.added_tokens.emplace_back(token_id(node.at(text.c_str())), token);
  }
  config.added_source = file.string() + ":";
}

static TokenizerConfig read_config_file(const std::filesystem::path &file) {
  TokenizerConfig config;
  if (!is_there(file)) return config;
  const Json json = read_json_object(file);
  const JsonNode node(json, file.string() + ":");
  config.tokenizer_class = node.text_or("tokenizer_class", "");
  config.bos_token = token_name(node, "bos_token");
  config.eos_token = token_name(node, "eos_token");
  for (const char *key : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
                          "additional_special_tokens"}) {
    if (const auto token = node.find(key)) config.special_texts.merge(special_texts({{key, token->value()}}));
  }
  config.add_bos_token = optional_flag(node, "add_bos_token");
  config.add_eos_token = optional_flag(node, "add_eos_token");
  config.add_prefix_space = node.flag_or("add_prefix_space", false);
  const auto extra = node.find("extra_ids");
  if (extra && !extra->value().is_number_unsigned()) extra->refuse("is not a number of tokens");
  if (extra) config.extra_ids = extra->value().get<std::int64_t>();
  config.added_source = file.string() + ": added_tokens_decoder";
  const auto added = node.find("added_tokens_decoder");
  if (!added) return config;
  if (!added->value().is_object()) added->refuse("is not an object");
  for (const auto &[id, token] : added->value().items()) config.added_tokens.emplace_back(id_of_key(id, *added), token);
  return config;
}

// The class of the tokenizer may be in config.json instead.
static void read_model_config(TokenizerConfig &config, const std::filesystem::path &file) {
  config.declared_class = config.tokenizer_class;
  if (is_there(file)) {
    const Json json = read_json_object(file);
    const JsonNode node(json, file.string() + ":");
    config.model_type = node.text_or("model_type", "");
    if (config.declared_class.empty()) config.declared_class = node.text_or("tokenizer_class", "");
  }
  if (config.declared_class.ends_with("Fast")) config.declared_class.resize(config.declared_class.size() - 4);
}

TokenizerConfig read_tokenizer_config(const std::filesystem::path &tokenizer) {
  const auto folder = tokenizer.parent_path();
  TokenizerConfig config = read_config_file(folder / "tokenizer_config.json");
  read_model_config(config, folder / "config.json");
  const auto special = folder / "special_tokens_map.json";
  if (is_there(special)) config.special_texts.merge(special_texts(read_json_object(special)));
  if (config.added_tokens.empty()) read_added_tokens_json(config, folder / "added_tokens.json");
  return config;
}

void add_missing_tokens(Vocabulary &vocabulary, const NamedTokens &names, const TokenizerConfig &config) {
  const auto may_be = [&](std::uint32_t id, const Json &token) {
    if (id >= vocabulary.pieces.size()) return true;
    const Json text = token.is_object() ? token.value("content", Json()) : Json();
    return !is_added(vocabulary, id) && text.is_string() && has_text(vocabulary.pieces[id], text.get<std::string>());
  };
  for (const auto &[id, token] : config.added_tokens) {
    const JsonNode node(token, config.added_source + " " + std::to_string(id));
    if (may_be(id, token)) add_token(vocabulary, id, node);
  }
  for (const std::string &text : config.special_texts) {
    const std::int64_t id = names.find(text);
    if (id < 0 || is_added(vocabulary, static_cast<std::uint32_t>(id))) continue;
    const Json token = {{"content", text}, {"special", true}};
    add_token(vocabulary, static_cast<std::uint32_t>(id), JsonNode(token, "special_tokens_map.json:"));
  }
}

void add_config_tokens(Vocabulary &vocabulary, const TokenizerConfig &config) {
  const std::size_t known = vocabulary.pieces.size();
  for (const auto &[id, token] : config.added_tokens) {
    const bool model_has_it = writes_blanks(vocabulary.kind) && id < known;
    if (!model_has_it) add_token(vocabulary, id, JsonNode(token, config.added_source + " " + std::to_string(id)));
  }
}

}  // namespace tidbit::convert
