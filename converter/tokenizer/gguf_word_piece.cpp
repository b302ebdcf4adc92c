#include "converter/tokenizer/gguf_word_piece.h"

#include <limits>

#include "converter/error.h"
#include "converter/tokenizer/gguf_unigram.h"
#include "converter/tokenizer/normalizer/read.h"
#include "converter/tokenizer/readers.h"

namespace tidbit::convert {
namespace {

using format::split_program::Behavior;

// BERT's own, for files that do not say them.
constexpr std::int32_t kUsualUnknown = 100;
constexpr std::int32_t kUsualBefore = 101;
constexpr std::int32_t kUsualBehind = 102;

const std::string kStart = "\xE2\x96\x81";
const std::string kContinuing = "##";

// Characters that are younger than llama.cpp's tables, Unicode 15.0: it leaves them as they are.
CharSet younger_characters() {
  return {{0x897, 0x897},     {0x1B4E, 0x1B4F},   {0x1B7F, 0x1B7F},   {0x1C89, 0x1C89},   {0xA7CB, 0xA7CC},
          {0xA7CE, 0xA7CE},   {0xA7D2, 0xA7D2},   {0xA7D4, 0xA7D4},   {0xA7DA, 0xA7DA},   {0xA7DC, 0xA7DC},
          {0x10D50, 0x10D65}, {0x10D69, 0x10D6E}, {0x10EFC, 0x10EFC}, {0x113B8, 0x113C0}, {0x113C2, 0x113C2},
          {0x113C5, 0x113C5}, {0x113C7, 0x113CA}, {0x113CC, 0x113D0}, {0x113D2, 0x113D2}, {0x113D4, 0x113D5},
          {0x113D7, 0x113D8}, {0x113E1, 0x113E2}, {0x11BE1, 0x11BE1}, {0x11F5A, 0x11F5A}, {0x1611E, 0x1612F},
          {0x16D6D, 0x16D6F}, {0x16EA0, 0x16EB8}, {0x1E5EE, 0x1E5EF}, {0x1E5FF, 0x1E5FF}};
}

CharSet named(const char *category) {
  return intersection(named_set(category).value_or(CharSet()), complement(younger_characters()));
}

// The first code point of what a map makes of a character.
std::uint32_t first_of(const CharMap &map, std::uint32_t c) {
  const auto found = map.singles.find(c);
  return found == map.singles.end() ? c : static_cast<std::uint32_t>(code_points(found->second)[0]);
}

CharSet keys_of(const CharMap &map) {
  CharSet keys;
  for (const auto &[character, text] : map.singles) keys.push_back({character, character});
  return united(std::move(keys), {});
}

std::string between_spaces(const std::string &text) { return std::string(1, ' ').append(text).append(1, ' '); }

// What a character becomes, which depends on nothing else.
class Cleaning {
 public:
  Cleaning(bool lowercase, bool strips_accents) : lowercase_(lowercase), strips_accents_(strips_accents) {
    decomposed_.singles[0x11938] = utf8(0x11935);
    dropped_ = set_of(0xFFFD, 0xFFFD);
    for (const char *category : {"Cc", "Cf", "Co"}) dropped_ = united(std::move(dropped_), named(category));
    if (strips_accents) dropped_ = united(std::move(dropped_), named("M"));
    alone_ = united(named("P"), intersection(named("S"), set_of(0, 0x7E)));
    alone_ = united(std::move(alone_), unicode_map(UnicodeMap::chinese).surrounded);
  }

  CharMap map() const {
    CharMap map;
    map.dropped = intersection(dropped_, named("Co"));
    for (const CharRange &range : intersection(candidates(), complement(map.dropped))) {
      for (std::uint32_t c = range.first; c <= range.last; ++c) {
        const std::string text = cleaned(c);
        if (text == utf8(c)) continue;
        if (text == between_spaces(utf8(c))) {
          map.surrounded.push_back({c, c});
        } else {
          map.singles[c] = text;
        }
      }
    }
    map.surrounded = united(std::move(map.surrounded), {});
    return map;
  }

 private:
  static constexpr std::uint32_t kFirstSyllable = 0xAC00, kLastSyllable = 0xD7A3;  // of Hangul

  CharSet candidates() const {
    CharSet set = united(united(space_, dropped_), alone_);
    if (lowercase_) set = united(std::move(set), keys_of(lower_));
    if (strips_accents_) set = united(united(std::move(set), keys_of(decomposed_)), {{kFirstSyllable, kLastSyllable}});
    return set;
  }
  std::string cleaned(std::uint32_t c) const {
    if (strips_accents_) c = first_part(c);
    if (contains(space_, c)) return " ";
    if (contains(dropped_, c)) return "";
    const bool lower = lowercase_ && !contains(younger_, c);
    const std::string text = utf8(lower ? first_of(lower_, c) : c);
    return contains(alone_, c) ? between_spaces(text) : text;
  }
  // llama.cpp keeps the first character of a decomposition, also that of a syllable.
  std::uint32_t first_part(std::uint32_t c) const {
    constexpr std::uint32_t kFirstLetter = 0x1100, kWithFirstLetter = 588;
    if (c >= kFirstSyllable && c <= kLastSyllable) return kFirstLetter + (c - kFirstSyllable) / kWithFirstLetter;
    return first_of(decomposed_, c);
  }

  bool lowercase_, strips_accents_;
  CharSet younger_ = younger_characters(), space_ = escape_set('s'), dropped_, alone_;
  CharMap lower_ = unicode_map(UnicodeMap::lowercase), decomposed_ = unicode_map(UnicodeMap::nfd);
};

// Each is made once, which takes longer than all else.
template <bool kLowercase, bool kStripsAccents>
const CharMap &cleaning_map() {
  static const CharMap map = Cleaning(kLowercase, kStripsAccents).map();
  return map;
}
const CharMap &cleaning_map(bool lowercase, bool strips_accents) {
  if (strips_accents) return lowercase ? cleaning_map<true, true>() : cleaning_map<false, true>();
  return lowercase ? cleaning_map<true, false>() : cleaning_map<false, false>();
}

// Any token may be in a word. The text of one that is searched for is as the file has it.
void place(Vocabulary &vocabulary, const GgufTokenizer &gguf, std::uint32_t id) {
  const std::string &name = gguf.tokens[id];
  const PieceType type = type_at(gguf, id);
  const bool special = type == PieceType::control || type == PieceType::unknown;
  Piece piece{name, special || type == PieceType::user_defined ? type : PieceType::normal};
  if (name.empty()) {
    piece.type = PieceType::unused;
  } else if (!special) {
    piece.text = name.starts_with(kStart) ? name.substr(kStart.size()) : kContinuing + name;
  }
  if (special || type == PieceType::user_defined) {
    vocabulary.added.push_back({id, special, false});
    if (piece.text != name) vocabulary.added.back().search = name;
  }
  vocabulary.pieces.push_back(std::move(piece));
}

std::int32_t valid_id(const GgufTokenizer &gguf, std::int32_t id, std::int32_t usual, const char *what,
                      const std::string &source) {
  const auto is_valid = [&](std::int32_t token) {
    return token >= 0 && static_cast<std::size_t>(token) < gguf.tokens.size();
  };
  if (is_valid(id)) return id;
  if (is_valid(usual)) return usual;
  throw ConvertError(source + ": there is no token " + what);
}

}  // namespace

Vocabulary gguf_word_piece(const GgufTokenizer &gguf, const std::string &source) {
  Vocabulary vocabulary;
  vocabulary.kind = format::TokenizerKind::plain;
  vocabulary.merge_by = format::MergeBy::longest;
  vocabulary.continuing = kContinuing;
  vocabulary.most_characters = std::numeric_limits<std::uint32_t>::max();
  for (std::uint32_t id = 0; id < gguf.tokens.size(); ++id) place(vocabulary, gguf, id);
  vocabulary.unknown = valid_id(gguf, gguf.unknown, kUsualUnknown, "for unknown words", source);
  vocabulary.pieces[static_cast<std::size_t>(vocabulary.unknown)].type = PieceType::unknown;
  vocabulary.bos = valid_id(gguf, gguf.bos, kUsualBefore, "in front of a text", source);
  vocabulary.prefix = {vocabulary.bos};
  vocabulary.suffix = {valid_id(gguf, gguf.separator, kUsualBehind, "behind a text", source)};
  const bool lowercase = gguf.lowercase != 0;
  const bool strips_accents = gguf.strip_accents >= 0 ? gguf.strip_accents == 1 : lowercase;
  vocabulary.normalizer = {map_step(cleaning_map(lowercase, strips_accents))};
  vocabulary.split = format::Split::program;
  const SplitStage spaces{literal(" "), source + ": the spaces", Behavior::removed};
  vocabulary.split_program = make_split_program({spaces}, source);
  vocabulary.description = "WordPiece";
  const Json decoder = {{"type", "WordPiece"}, {"prefix", kContinuing}, {"cleanup", true}};
  set_decoder(vocabulary, JsonNode(decoder, source + ":"), nullptr, source);
  return vocabulary;
}

}  // namespace tidbit::convert
