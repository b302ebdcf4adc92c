// Hugging Face tokenizer.json.
#include <algorithm>
#include <limits>

#include "converter/error.h"
#include "converter/tokenizer/splits.h"

namespace tidbit::convert {
namespace {

namespace flag = format::flag;
using format::MergeBy;
using format::TokenizerKind;

// Files from early versions of the library do not state the type.
std::string type_of(const JsonNode &model) {
  const char *guess = model.find("merges") ? "BPE" : model.value().contains("unk_id") ? "Unigram" : "unknown";
  return model.text_or("type", guess);
}

void refuse_model(const JsonNode &model) {
  const std::string type = type_of(model);
  if (type != "BPE" && type != "Unigram" && type != "WordPiece" && type != "WordLevel") {
    model.refuse("has the type " + in_quotes(type) + "; BPE, Unigram, WordPiece and WordLevel are supported");
  }
  const auto dropout = model.find("dropout");
  if (dropout && dropout->value() != 0) model.refuse("has a dropout, which is not supported");
  if (const auto merges = model.find("merges")) merges->check_list();
}

// The two tokens in one text with a blank, or in a list.
void read_merge(Vocabulary &vocabulary, const NamedTokens &names, const JsonNode &merge, const std::string &source) {
  if (!merge.value().is_array()) return add_merge(vocabulary, names, merge.text(), source);
  if (merge.size() != 2) merge.refuse("is not a merge of two tokens");
  add_merge(vocabulary, names, merge.element(0).text(), merge.element(1).text(), source);
}

void read_lists(Vocabulary &vocabulary, const TokenizerFile &file) {
  const bool merges = vocabulary.merge_by == MergeBy::pair;
  file.read_lists([&](const JsonNode &token) { add_token(vocabulary, token_id(token.at("id")), token); },
                  [&](const JsonNode &merge) {
                    if (merges) read_merge(vocabulary, file.tokens(), merge, file.source());
                  });
}

// The text that a token of the vocabulary decodes to. Added tokens replace it with their own text later.
std::string decoded(const std::string &name, const Vocabulary &vocabulary) {
  const bool bytes = vocabulary.kind == TokenizerKind::byte_level || (vocabulary.flags & flag::kByteUnits) != 0;
  if (bytes) return byte_level_bytes(name);
  return writes_blanks(vocabulary.kind) ? with_blanks(name) : name;
}

void place_pieces(Vocabulary &vocabulary, const NamedTokens &names, bool byte_fallback) {
  vocabulary.pieces.resize(names.texts.size());
  for (std::size_t id = 0; id < names.texts.size(); ++id) {
    if (names.texts[id] == nullptr || names.texts[id]->empty()) continue;
    const std::string &name = *names.texts[id];
    Piece &piece = vocabulary.pieces[id];
    const int byte = byte_fallback ? byte_of_name(name) : -1;
    const bool hidden = writes_blanks(vocabulary.kind) && name.find(' ') != std::string::npos;
    piece.type = byte >= 0 ? PieceType::byte : hidden ? PieceType::unused : PieceType::normal;
    piece.text = byte >= 0 ? std::string(1, static_cast<char>(byte)) : decoded(name, vocabulary);
    if (byte >= 0) vocabulary.byte_tokens[static_cast<std::size_t>(byte)] = static_cast<std::int32_t>(id);
  }
}

void place_unknown(Vocabulary &vocabulary, const JsonNode &model, const NamedTokens &names) {
  const std::string unknown = model.text_or("unk_token", "");
  if (unknown.empty()) return;
  const std::int64_t id = names.find(unknown);
  if (id < 0) {
    if (model.text_or("type", "") == "WordLevel") return;
    model.refuse("has the unknown token " + in_quotes(unknown) + ", which is not in the vocabulary");
  }
  vocabulary.unknown = static_cast<std::int32_t>(id);
  vocabulary.pieces[static_cast<std::size_t>(id)].type = PieceType::unknown;
}

bool is_special(const Vocabulary &vocabulary, std::int64_t id) {
  return std::any_of(vocabulary.added.begin(), vocabulary.added.end(),
                     [id](const AddedPiece &added) { return std::int64_t{added.id} == id && added.special; });
}

// The scores of a Unigram model, and its unknown token.
void place_scores(Vocabulary &vocabulary, const JsonNode &model, const TokenizerFile &file) {
  const std::vector<double> &scores = file.scores();
  if (scores.size() != vocabulary.pieces.size()) model.refuse("is of type Unigram, but its vocabulary has no scores");
  for (std::size_t id = 0; id < scores.size(); ++id) vocabulary.pieces[id].score = scores[id];
  const JsonNode unknown = model.at("unk_id");
  const std::uint32_t id = token_id(unknown);
  if (id >= scores.size()) unknown.refuse("is " + std::to_string(id) + ", which is not in the vocabulary");
  vocabulary.unknown = static_cast<std::int32_t>(id);
  vocabulary.unknown_score = *std::min_element(scores.begin(), scores.end()) - static_cast<double>(kUnknownPenalty);
  vocabulary.pieces[id].type = PieceType::unknown;
}

// The library finds an unknown token that is no added token in words. Bytes would take the place of some of them.
void place_unknown_piece(Vocabulary &vocabulary) {
  Piece &piece = vocabulary.pieces[static_cast<std::size_t>(vocabulary.unknown)];
  const bool is_added = std::any_of(vocabulary.added.begin(), vocabulary.added.end(), [&](const AddedPiece &added) {
    return std::int64_t{added.id} == vocabulary.unknown;
  });
  if (is_added || piece.score != 0) return;
  piece.type = PieceType::normal;
  vocabulary.flags |= flag::kUnknownPiece;
}

// Words contain no added tokens that are not in the vocabulary.
void drop_scores(Vocabulary &vocabulary, const NamedTokens &names) {
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    if (id < names.texts.size() && names.texts[id] != nullptr) continue;
    vocabulary.pieces[id].score = std::numeric_limits<double>::quiet_NaN();
  }
}

// WordPiece or WordLevel.
void place_words(Vocabulary &vocabulary, const JsonNode &model) {
  constexpr std::uint64_t kUsualCharacters = 100;
  vocabulary.merge_by = type_of(model) == "WordPiece" ? MergeBy::longest : MergeBy::whole;
  if (vocabulary.merge_by == MergeBy::whole) return;
  vocabulary.continuing = model.text_or("continuing_subword_prefix", "##");
  const auto most = model.find("max_input_chars_per_word");
  const Json number = most ? most->value() : Json(kUsualCharacters);
  if (!number.is_number_unsigned()) most->refuse("is not a number of characters");
  const std::uint64_t limit = std::numeric_limits<std::uint32_t>::max();
  vocabulary.most_characters = static_cast<std::uint32_t>(std::min(number.get<std::uint64_t>(), limit));
}

// What marks the place of a piece in its word: only BPE over characters has it.
void place_marks(Vocabulary &vocabulary, const JsonNode &model) {
  for (const char *key : {"end_of_word_suffix", "continuing_subword_prefix"}) {
    const std::string mark = model.text_or(key, "");
    const bool suffix = key[0] == 'e';
    if (mark.empty() || (vocabulary.kind == TokenizerKind::plain && !suffix)) continue;
    const std::string has = std::string("has the ") + key + " " + in_quotes(mark);
    if (vocabulary.kind != TokenizerKind::word_bpe) {
      model.refuse(has + ", which is supported only for BPE without a Metaspace pre-tokenizer");
    }
    if (mark.size() > format::kMaxMark) {
      model.refuse(has + ", which is longer than " + std::to_string(format::kMaxMark) + " bytes");
    }
    if (model.flag_or("byte_fallback", false)) model.refuse(has + " and byte_fallback, which is not supported");
    (suffix ? vocabulary.word_end : vocabulary.continuing) = mark;
  }
}

// The tokens before and after `$A`.
void read_template(Vocabulary &vocabulary, const JsonNode &json) {
  bool behind = false;
  const JsonNode items = json.at("single");
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items.element(i).find("Sequence")) {
      behind = true;
      continue;
    }
    const JsonNode token = items.element(i).at("SpecialToken").at("id");
    const JsonNode ids = json.at("special_tokens").at(token.text().c_str()).at("ids");
    auto &affix = behind ? vocabulary.suffix : vocabulary.prefix;
    for (std::size_t k = 0; k < ids.size(); ++k) affix.push_back(static_cast<std::int32_t>(token_id(ids.element(k))));
  }
}

// A token in front of the text and one behind it, each a list of its text and its id.
void read_pair(Vocabulary &vocabulary, const JsonNode &json) {
  const auto id = [&](const char *key) {
    const JsonNode token = json.at(key);
    if (!token.value().is_array() || token.size() != 2) token.refuse("is not a list of a token and its id");
    return static_cast<std::int32_t>(token_id(token.element(1)));
  };
  vocabulary.prefix.push_back(id("cls"));
  vocabulary.suffix.push_back(id("sep"));
}

void read_post_processor(Vocabulary &vocabulary, const JsonNode &json, const std::string &source) {
  const std::string &type = json.at("type").text();
  const bool adds = type != "Sequence" && type != "ByteLevel";
  if (adds && !(vocabulary.prefix.empty() && vocabulary.suffix.empty())) {
    json.refuse("is the post-processor " + in_quotes(type) + " behind one that adds tokens, which is not supported");
  }
  if (type == "Sequence") {
    const JsonNode steps = json.at("processors");
    for (std::size_t i = 0; i < steps.size(); ++i) read_post_processor(vocabulary, steps.element(i), source);
  } else if (type == "TemplateProcessing") {
    read_template(vocabulary, json);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    read_pair(vocabulary, json);
  } else if (type != "ByteLevel") {
    throw ConvertError(source + ": the post-processor " + in_quotes(type) + " is not supported");
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
TokenizerKind kind_of(const TextRules &rules, const JsonNode &model, const std::string &source) {
  const std::string type = type_of(model);
  const bool unigram = type == "Unigram";
  if (type == "WordPiece" || (type == "WordLevel" && !rules.characters)) {
    if (!rules.byte_level && !rules.blanks && !rules.characters) return TokenizerKind::plain;
    throw ConvertError(source + ": " + type + " with this pre-tokenizer or normalizer is not supported");
  }
  if (unigram && rules.blanks) return TokenizerKind::unigram;
  if (unigram) throw ConvertError(source + ": Unigram without a Metaspace pre-tokenizer is not supported");
  if (rules.byte_level) return has_marks(model) ? TokenizerKind::word_bpe : TokenizerKind::byte_level;
  if (rules.blanks) return TokenizerKind::sentencepiece;
  if (rules.characters) return TokenizerKind::character;
  return TokenizerKind::word_bpe;
}

// An added token that is the letter of a byte has the byte's id, and the byte would be lost.
void check_byte_tokens(const Vocabulary &vocabulary, const TokenizerFile &file) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string letter = byte_level_character(static_cast<unsigned char>(byte));
    if (vocabulary.byte_tokens[byte] >= 0 || file.tokens().find(letter) < 0) continue;
    throw ConvertError(file.source() + ": the added token " + in_quotes(letter) +
                       " is also the token of a byte, which is not supported");
  }
}

void finish_kind(Vocabulary &vocabulary, const TextRules &rules, const JsonNode &model, const TokenizerFile &file) {
  if (vocabulary.kind == TokenizerKind::character) {
    if (!single_characters(vocabulary)) throw ConvertError(file.source() + ": not every token is a single character");
    vocabulary.description = "characters";
    return;
  }
  if (vocabulary.kind == TokenizerKind::plain) {
    vocabulary.description = type_of(model);
    return;
  }
  vocabulary.ignore_merges = model.flag_or("ignore_merges", false);
  if (model.flag_or("fuse_unk", false)) vocabulary.flags |= flag::kFuseUnknown;
  if (vocabulary.kind == TokenizerKind::unigram) {
    vocabulary.flags |= flag::kFuseUnknown;
    if (model.flag_or("byte_fallback", false)) require_all_bytes(vocabulary, file.source());
    vocabulary.description = "Unigram";
    return;
  }
  if (vocabulary.kind == TokenizerKind::byte_level) {
    set_byte_tokens(vocabulary);
    check_byte_tokens(vocabulary, file);
    vocabulary.description = "byte-level BPE";
    return;
  }
  if (vocabulary.kind == TokenizerKind::word_bpe) {
    if (model.flag_or("byte_fallback", false)) require_all_bytes(vocabulary, file.source());
    vocabulary.description = rules.byte_level ? "byte-level BPE over words" : "BPE over characters";
    return;
  }
  if (file.tokens().find("\xE2\x96\x81") < 0) {
    throw ConvertError(file.source() + ": there is no piece for the space (U+2581)");
  }
  if (model.flag_or("byte_fallback", false)) require_all_bytes(vocabulary, file.source());
  vocabulary.description = "SentencePiece BPE by merges";
}

bool has_white_space(const std::string &text) {
  const CharSet space = pre_tokenizer_set(PreTokenizerSet::space);
  const std::u32string characters = code_points(text);
  return std::any_of(characters.begin(), characters.end(), [&](char32_t c) { return contains(space, c); });
}

// Added tokens with "normalized" are searched in normalized text, and so is what their own text becomes there. Without
// a normalizer both are the plain text.
void place_normalized(Vocabulary &vocabulary, const TextRules &rules, bool normalizes, const std::string &source) {
  const bool blanks = writes_blanks(vocabulary.kind);
  if (blanks && !normalizes) {
    for (AddedPiece &added : vocabulary.added) added.late = false;
  }
  const bool any = std::any_of(vocabulary.added.begin(), vocabulary.added.end(), [](const auto &a) { return a.late; });
  if (!normalizes || !any) return;
  const NormalizerRun normalized(make_normalizer_program(vocabulary.normalizer, {}, source));
  for (AddedPiece &added : vocabulary.added) {
    if (!added.late) continue;
    if (blanks && rules.prefix_late) vocabulary.flags |= flag::kPrefixLate;
    if (rules.words) added.strip_left = added.strip_right = true;  // white space is between words, not in them
    const std::string &text = vocabulary.pieces[added.id].text;
    std::string search = normalized(text);
    if (rules.words && has_white_space(search)) {
      throw ConvertError(source + ": the normalized added token " + in_quotes(text) +
                         " has white space, which is not supported with WhitespaceSplit and Metaspace");
    }
    if (blanks && !rules.prefix_late) {
      if ((vocabulary.flags & flag::kPrefixBlank) != 0 && !search.empty()) search.insert(search.begin(), ' ');
      search = with_blanks(search);
    }
    if (search != text) added.search = search;
  }
}

// Prefix and suffix from tokenizer_config.json, if the post-processor has no template. Only some classes heed them.
void add_affixes(Vocabulary &vocabulary, const TokenizerConfig &config) {
  if (!vocabulary.prefix.empty() || !vocabulary.suffix.empty()) return;
  const std::string &name = config.tokenizer_class;
  const auto is = [&name](const char *part) { return name.find(part) != std::string::npos; };
  if (!name.empty() && !is("Llama") && !is("Gemma") && !is("Cohere")) return;
  if (config.add_bos_token == 1 && vocabulary.bos >= 0) vocabulary.prefix = {vocabulary.bos};
  if (config.add_eos_token == 1 && !vocabulary.ends.empty()) vocabulary.suffix = {vocabulary.ends[0]};
}

}  // namespace

Vocabulary read_tokenizer_json(const TokenizerFile &file, const TokenizerConfig &config) {
  const JsonNode settings = file.settings(), model = settings.at("model");
  const std::string &source = file.source();
  refuse_model(model);
  if (const auto added = settings.find("added_tokens")) added->check_list();
  Vocabulary vocabulary;
  const TextRules rules = read_text_rules(settings, vocabulary, source);
  const bool unigram = type_of(model) == "Unigram";
  vocabulary.kind = kind_of(rules, model, source);
  if (rules.byte_level && vocabulary.kind == TokenizerKind::word_bpe) vocabulary.flags |= flag::kByteUnits;
  const bool plain = vocabulary.kind == TokenizerKind::plain;
  if (plain) {
    place_words(vocabulary, model);
  } else if (vocabulary.kind != TokenizerKind::character) {
    vocabulary.merge_by = unigram ? MergeBy::best : MergeBy::pair;
  }
  place_marks(vocabulary, model);
  if (file.tokens().ids.empty())
    throw ConvertError(source + (unigram ? ": the vocabulary is not a list of tokens and scores"
                                         : ": the vocabulary is not a map from tokens to ids"));
  place_pieces(vocabulary, file.tokens(), model.flag_or("byte_fallback", false));
  if (unigram) {
    place_scores(vocabulary, model, file);
  } else {
    place_unknown(vocabulary, model, file.tokens());
  }
  read_lists(vocabulary, file);
  add_missing_tokens(vocabulary, file.tokens(), config);
  vocabulary.unknown_is_text = !is_special(vocabulary, vocabulary.unknown);
  if (unigram && !model.flag_or("byte_fallback", false)) place_unknown_piece(vocabulary);
  if (unigram || plain) drop_scores(vocabulary, file.tokens());
  place_normalized(vocabulary, rules, settings.find("normalizer").has_value(), source);
  if (rules.words) add_word_steps(vocabulary.normalizer, source);
  finish_kind(vocabulary, rules, model, file);
  if (const auto steps = settings.find("post_processor")) read_post_processor(vocabulary, *steps, source);
  set_decoder(vocabulary, settings.find("decoder"), &file.tokens(), source);
  require_ids(vocabulary, source);
  set_ends(vocabulary, config);
  add_affixes(vocabulary, config);
  return vocabulary;
}

}  // namespace tidbit::convert
