// Shared by the readers of tokenizer.json and vocab.json.
#include <algorithm>

#include "converter/checkpoint/json.h"
#include "converter/error.h"
#include "converter/tokenizer/readers.h"
#include "format/blob_format.h"

namespace tidbit::convert {

NamedTokens NamedTokens::read(const Json &vocab, const std::string &source) {
  if (!vocab.is_object() || vocab.empty())
    throw ConvertError(source + ": the vocabulary is not a map from tokens to ids");
  NamedTokens names;
  for (const auto &[text, id] : vocab.items()) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= format::kMaxVocab) {
      throw ConvertError(source + ": token \"" + text + "\" has no valid id");
    }
    const auto place = id.get<std::uint32_t>();
    names.ids[text] = place;
    if (names.texts.size() <= place) names.texts.resize(place + 1);
    names.texts[place] = text;
  }
  return names;
}

std::int64_t NamedTokens::find(const std::string &text) const {
  const auto found = ids.find(text);
  return found == ids.end() ? -1 : std::int64_t{found->second};
}

void add_merges(Vocabulary &vocabulary, const NamedTokens &names,
                const std::vector<std::pair<std::string, std::string>> &pairs, const std::string &source) {
  for (const auto &[left, right] : pairs) {
    const std::int64_t a = names.find(left);
    const std::int64_t b = names.find(right);
    const std::int64_t both = names.find(left + right);
    if (a < 0 || b < 0 || both < 0) {
      throw ConvertError(source + ": the merge of \"" + left + "\" and \"" + right +
                         "\" uses a token that is not in the vocabulary");
    }
    vocabulary.merges.push_back(
        {static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(both)});
  }
}

std::uint32_t token_id(const Json &id, const std::string &source) {
  if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= format::kMaxVocab) {
    throw ConvertError(source + ": " + id.dump() + " is not a valid id of a token");
  }
  return id.get<std::uint32_t>();
}

void add_token(Vocabulary &vocabulary, std::uint32_t id, const Json &token, const std::string &source) {
  if (id >= format::kMaxVocab) throw ConvertError(source + ": an added token has no valid id");
  const auto content = token.at("content").get<std::string>();
  for (const char *option : {"lstrip", "rstrip", "single_word"}) {
    if (!token.value(option, false)) continue;
    throw ConvertError(source + ": the added token \"" + content + "\" has the option \"" + option +
                       "\", which is not supported");
  }
  const bool special = token.value("special", false);
  if (vocabulary.pieces.size() <= id) vocabulary.pieces.resize(id + 1);
  Piece &piece = vocabulary.pieces[id];
  piece.text = content;
  if (piece.type != PieceType::unknown) piece.type = special ? PieceType::control : PieceType::user_defined;
  vocabulary.added.push_back({id, special, token.value("normalized", false)});
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

static std::string token_name(const Json &json, const char *key) {
  if (!json.contains(key)) return {};
  const Json &value = json.at(key);
  if (value.is_string()) return value.get<std::string>();
  return value.is_object() ? value.value("content", std::string()) : std::string();
}

// 1 or 0, or -1 if the key is absent.
static int optional_flag(const Json &json, const char *key) {
  if (!json.contains(key) || !json.at(key).is_boolean()) return -1;
  return json.at(key).get<bool>() ? 1 : 0;
}

static std::vector<std::pair<std::uint32_t, Json>> added_tokens_decoder(const Json &json, const std::string &source) {
  std::vector<std::pair<std::uint32_t, Json>> tokens;
  if (!json.contains("added_tokens_decoder") || !json.at("added_tokens_decoder").is_object()) return tokens;
  for (const auto &[id, token] : json.at("added_tokens_decoder").items()) {
    const bool number =
        !id.empty() && id.size() < 8 && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!number) throw ConvertError(source + ": an added token has no valid id");
    tokens.emplace_back(static_cast<std::uint32_t>(std::stoul(id)), token);
  }
  return tokens;
}

TokenizerConfig read_tokenizer_config(const std::filesystem::path &tokenizer) {
  const auto file = tokenizer.parent_path() / "tokenizer_config.json";
  TokenizerConfig config;
  if (!std::filesystem::exists(file)) return config;
  try {
    const Json json = read_json_object(file);
    config.tokenizer_class = json.value("tokenizer_class", std::string());
    config.bos_token = token_name(json, "bos_token");
    config.eos_token = token_name(json, "eos_token");
    config.add_bos_token = optional_flag(json, "add_bos_token");
    config.add_eos_token = optional_flag(json, "add_eos_token");
    config.add_prefix_space = optional_flag(json, "add_prefix_space") == 1;
    config.added_tokens = added_tokens_decoder(json, file.string());
  } catch (const Json::exception &error) {
    throw ConvertError(file.string() + ": " + error.what());
  }
  return config;
}

}  // namespace tidbit::convert
