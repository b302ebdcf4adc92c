// Hugging Face tokenizer.json.
#include <algorithm>

#include "converter/error.h"
#include "converter/tokenizer/splits.h"

namespace tidbit::convert {
namespace {

namespace flag = format::flag;
using format::MergeBy;
using format::TokenizerKind;

bool present(const Json &json, const char *key) { return json.contains(key) && !json.at(key).is_null(); }

std::string text_or_empty(const Json &json, const char *key) {
  return present(json, key) ? json.at(key).get<std::string>() : std::string();
}

bool is_set(const Json &json, const char *key) { return present(json, key) && json.at(key).get<bool>(); }

void refuse_model(const Json &model, const std::string &source) {
  // Files from early versions of the library do not state the type.
  const char *guess = present(model, "merges") ? "BPE" : model.contains("unk_id") ? "Unigram" : "unknown";
  const std::string type = model.value("type", guess);
  if (type != "BPE" && type != "WordLevel") {
    throw ConvertError(source + ": the model has the type \"" + type +
                       "\"; only BPE, and WordLevel with single characters, are supported");
  }
  if (!text_or_empty(model, "end_of_word_suffix").empty()) {
    throw ConvertError(source + ": BPE with the end_of_word_suffix \"" + text_or_empty(model, "end_of_word_suffix") +
                       "\" is not supported");
  }
  if (!text_or_empty(model, "continuing_subword_prefix").empty()) {
    throw ConvertError(source + ": BPE with a continuing_subword_prefix is not supported");
  }
  if (present(model, "dropout") && model.at("dropout").get<double>() != 0) {
    throw ConvertError(source + ": BPE with dropout is not supported");
  }
}

std::vector<std::pair<std::string, std::string>> read_merges(const Json &model, const std::string &source) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (!present(model, "merges")) return pairs;
  for (const Json &merge : model.at("merges")) {
    if (merge.is_array() && merge.size() == 2) {
      pairs.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
      continue;
    }
    const auto line = merge.get<std::string>();
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos || line.find(' ', blank + 1) != std::string::npos) {
      throw ConvertError(source + ": \"" + line + "\" is not a merge of two tokens");
    }
    pairs.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  return pairs;
}

// The text that a token of the vocabulary decodes to. Added tokens replace it with their own text later.
std::string decoded(const std::string &name, TokenizerKind kind) {
  if (kind == TokenizerKind::byte_level) return byte_level_bytes(name);
  return kind == TokenizerKind::sentencepiece ? with_blanks(name) : name;
}

void place_pieces(Vocabulary &vocabulary, const NamedTokens &names, bool byte_fallback) {
  vocabulary.pieces.resize(names.texts.size());
  for (std::size_t id = 0; id < names.texts.size(); ++id) {
    const std::string &name = names.texts[id];
    if (name.empty()) continue;
    Piece &piece = vocabulary.pieces[id];
    const int byte = byte_fallback ? byte_of_name(name) : -1;
    const bool hidden = vocabulary.kind == TokenizerKind::sentencepiece && name.find(' ') != std::string::npos;
    piece.type = byte >= 0 ? PieceType::byte : hidden ? PieceType::unused : PieceType::normal;
    piece.text = byte >= 0 ? std::string(1, static_cast<char>(byte)) : decoded(name, vocabulary.kind);
    if (byte >= 0) vocabulary.byte_tokens[static_cast<std::size_t>(byte)] = static_cast<std::int32_t>(id);
  }
}

void place_unknown(Vocabulary &vocabulary, const Json &model, const NamedTokens &names, const std::string &source) {
  const std::string unknown = text_or_empty(model, "unk_token");
  if (unknown.empty()) return;
  const std::int64_t id = names.find(unknown);
  if (id < 0) {
    if (model.value("type", std::string()) == "WordLevel") return;
    throw ConvertError(source + ": the unknown token \"" + unknown + "\" is not in the vocabulary");
  }
  vocabulary.unknown = static_cast<std::int32_t>(id);
  vocabulary.pieces[static_cast<std::size_t>(id)].type = PieceType::unknown;
}

// The tokens before and after `$A`.
void read_template(Vocabulary &vocabulary, const Json &json, const std::string &source) {
  bool behind = false;
  for (const Json &item : json.at("single")) {
    if (item.contains("Sequence")) {
      behind = true;
      continue;
    }
    const auto name = item.at("SpecialToken").at("id").get<std::string>();
    for (const Json &id : json.at("special_tokens").at(name).at("ids")) {
      (behind ? vocabulary.suffix : vocabulary.prefix).push_back(static_cast<std::int32_t>(token_id(id, source)));
    }
  }
}

void read_post_processor(Vocabulary &vocabulary, const Json &json, const std::string &source) {
  const auto type = json.at("type").get<std::string>();
  if (type == "Sequence") {
    for (const Json &step : json.at("processors")) read_post_processor(vocabulary, step, source);
  } else if (type == "TemplateProcessing") {
    read_template(vocabulary, json, source);
  } else if (type != "ByteLevel") {
    throw ConvertError(source + ": the post-processor \"" + type + "\" is not supported");
  }
}

// The decoder only decides whether the first token loses spaces; everything else follows from the kind.
void read_decoder(Vocabulary &vocabulary, const Json &json, const std::string &source) {
  const auto type = json.at("type").get<std::string>();
  if (type == "Sequence") {
    for (const Json &step : json.at("decoders")) read_decoder(vocabulary, step, source);
  } else if (type == "Strip") {
    const Json start = json.value("start", Json(0));
    if (json.value("content", std::string()) != " " || (start != 0 && start != 1) || json.value("stop", Json(0)) != 0) {
      throw ConvertError(source + ": the decoder \"Strip\" is supported only for one space at the start");
    }
    if (start == 1) vocabulary.flags |= flag::kDropFirstBlank;
  } else if (type == "Metaspace") {
    const std::string scheme = json.value("prepend_scheme", json.value("add_prefix_space", true) ? "always" : "never");
    if (scheme != "never") vocabulary.flags |= flag::kDropFirstBlank | flag::kDropAllBlanks;
  } else if (type != "ByteLevel" && type != "Replace" && type != "ByteFallback" && type != "Fuse") {
    throw ConvertError(source + ": the decoder \"" + type + "\" is not supported");
  }
  if ((vocabulary.flags & flag::kDecoding) != 0 && vocabulary.kind != TokenizerKind::sentencepiece) {
    throw ConvertError(source + ": the decoder \"" + type + "\" is only supported after Metaspace");
  }
}

void require_ids(const Vocabulary &vocabulary, const std::string &source) {
  for (const auto *ids : {&vocabulary.prefix, &vocabulary.suffix}) {
    for (const std::int32_t id : *ids) {
      if (id >= 0 && static_cast<std::size_t>(id) < vocabulary.pieces.size()) continue;
      throw ConvertError(source + ": the post-processor uses a token that is not in the vocabulary");
    }
  }
}

bool single_characters(const Vocabulary &vocabulary) {
  return std::all_of(vocabulary.pieces.begin(), vocabulary.pieces.end(), [](const Piece &piece) {
    return piece.type != PieceType::normal || characters_of(piece.text).size() == 1;
  });
}

// The kind follows from the normalizer and the pre-tokenizer.
TokenizerKind kind_of(const TextRules &rules, const std::string &source) {
  if (rules.byte_level) return TokenizerKind::byte_level;
  if (rules.blanks) return TokenizerKind::sentencepiece;
  if (rules.characters) return TokenizerKind::character;
  throw ConvertError(source + ": BPE without a ByteLevel or Metaspace pre-tokenizer is not supported");
}

void finish_kind(Vocabulary &vocabulary, const Json &model, const NamedTokens &names, const std::string &source) {
  if (vocabulary.kind == TokenizerKind::character) {
    if (!single_characters(vocabulary)) throw ConvertError(source + ": not every token is a single character");
    vocabulary.description = "characters";
    return;
  }
  vocabulary.merge_by = MergeBy::pair;
  vocabulary.ignore_merges = is_set(model, "ignore_merges");
  if (is_set(model, "fuse_unk")) vocabulary.flags |= flag::kFuseUnknown;
  add_merges(vocabulary, names, read_merges(model, source), source);
  if (vocabulary.kind == TokenizerKind::byte_level) {
    set_byte_tokens(vocabulary);
    vocabulary.description = "byte-level BPE";
    return;
  }
  if (names.find("\xE2\x96\x81") < 0) throw ConvertError(source + ": there is no piece for the space (U+2581)");
  if (is_set(model, "byte_fallback")) require_all_bytes(vocabulary, source);
  vocabulary.description = "SentencePiece BPE by merges";
}

// Prefix and suffix from tokenizer_config.json, if the post-processor has no template.
void add_affixes(Vocabulary &vocabulary, const TokenizerConfig &config) {
  if (!vocabulary.prefix.empty() || !vocabulary.suffix.empty()) return;
  if (config.add_bos_token == 1 && vocabulary.bos >= 0) vocabulary.prefix = {vocabulary.bos};
  if (config.add_eos_token == 1 && !vocabulary.ends.empty()) vocabulary.suffix = {vocabulary.ends[0]};
}

}  // namespace

Vocabulary read_tokenizer_json(const Json &json, const TokenizerConfig &config, const std::string &source) {
  const Json &model = json.at("model");
  refuse_model(model, source);
  Vocabulary vocabulary;
  const TextRules rules = read_text_rules(json, vocabulary, source);
  vocabulary.kind = kind_of(rules, source);
  const NamedTokens names = NamedTokens::read(model.at("vocab"), source);
  place_pieces(vocabulary, names, is_set(model, "byte_fallback"));
  place_unknown(vocabulary, model, names, source);
  if (present(json, "added_tokens")) {
    for (const Json &token : json.at("added_tokens")) {
      add_token(vocabulary, token_id(token.at("id"), source), token, source);
    }
  }
  finish_kind(vocabulary, model, names, source);
  if (present(json, "post_processor")) read_post_processor(vocabulary, json.at("post_processor"), source);
  if (present(json, "decoder")) read_decoder(vocabulary, json.at("decoder"), source);
  require_ids(vocabulary, source);
  set_ends(vocabulary, config);
  add_affixes(vocabulary, config);
  if (rules.nfc) vocabulary.description += " (input must be in NFC; not normalized)";
  return vocabulary;
}

}  // namespace tidbit::convert
