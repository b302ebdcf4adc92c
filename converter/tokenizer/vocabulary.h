// A tokenizer, independent of file formats: made by the readers, and written to the blob's section.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "converter/checkpoint/json.h"
#include "converter/tokenizer/import.h"
#include "converter/tokenizer/normalizer/program.h"
#include "converter/tokenizer/split_program/program.h"
#include "text/tokenizer_format.h"

namespace tidbit::convert {

enum class PieceType : std::uint8_t {
  unused,  // no text encodes to this id; it may still decode to a text
  normal,
  user_defined,  // cut out of the text before merging
  control,       // special, such as begin and end of text
  unknown,
  byte,  // byte fallback; the text is the byte itself
};

// The numbers of the types in SentencePiece's protocol buffer, also used by GGUF.
constexpr PieceType sentencepiece_type(std::uint64_t number) {
  switch (number) {
    case 1:
      return PieceType::normal;
    case 2:
      return PieceType::unknown;
    case 3:
      return PieceType::control;
    case 4:
      return PieceType::user_defined;
    case 6:
      return PieceType::byte;
    default:
      return PieceType::unused;
  }
}

// True if texts have spaces in place of U+2581.
constexpr bool writes_blanks(format::TokenizerKind kind) {
  return kind == format::TokenizerKind::sentencepiece || kind == format::TokenizerKind::unigram;
}

// `text` is what the token decodes to, with spaces in place of U+2581 if writes_blanks.
struct Piece {
  std::string text;
  PieceType type = PieceType::unused;
  double score = 0;  // MergeBy::text: highest merges first; MergeBy::best: summed up, not a number: never used.
                     // Kind plain: only whether it is a number counts
  std::uint8_t decoding = 0;  // plain, word_bpe: attribute::kContinues, kJoined or kEndsWord
};

// MergeBy::best and kind plain: whether words may contain the piece.
inline bool has_score(const Piece &piece) {
  return (piece.type == PieceType::normal || piece.type == PieceType::user_defined) && !std::isnan(piece.score);
}

// MergeBy::best: a character without a piece scores so much less than the worst piece.
inline constexpr float kUnknownPenalty = 10;

struct Merge {
  std::uint32_t left;
  std::uint32_t right;
  std::uint32_t result;
};

struct AddedPiece {
  std::uint32_t id;
  bool special;  // recognized only if the caller parses special tokens
  bool late;     // searched for after normalization
  bool single_word = false;
  bool strip_left = false;
  bool strip_right = false;
  std::string search = {};  // what it is found by, if that is not its text
};

struct Vocabulary {
  format::TokenizerKind kind = format::TokenizerKind::byte_level;
  format::Split split = format::Split::none;
  format::MergeBy merge_by = format::MergeBy::none;
  SplitProgram split_program;  // for Split::program
  std::vector<NormalizerStep> normalizer;
  std::uint32_t flags = 0;
  bool ignore_merges = false;  // a word that equals a piece becomes that piece, whatever the merges say
  std::vector<Piece> pieces;
  std::vector<Merge> merges;  // by rank
  std::vector<AddedPiece> added;
  std::vector<std::int32_t> prefix;
  std::vector<std::int32_t> suffix;
  std::array<std::int32_t, 256> byte_tokens;
  std::int32_t unknown = -1;
  bool unknown_is_text = false;       // it decodes to its text, as it is not a special token
  double unknown_score = 0;           // MergeBy::best: of a character without a piece
  std::string continuing;             // plain, word_bpe: what pieces begin with that are not the first of a word
  std::string word_end;               // word_bpe: what pieces end with that are the last of a word
  std::uint32_t most_characters = 0;  // MergeBy::longest: of a word
  std::int32_t bos = -1;
  std::vector<std::int32_t> ends;
  std::string description;

  Vocabulary() { byte_tokens.fill(-1); }
};

// Writes the section. `source` names the file in error messages.
ImportedTokenizer build_section(Vocabulary vocabulary, std::uint32_t vocab_size, const std::string &source);

// For each piece, true if encoding its text gives the piece again.
std::vector<bool> whole_pieces(const Vocabulary &vocabulary);

// Splits a text, which must outlive the result, into its characters; an invalid byte counts as one character.
std::vector<std::string_view> characters_of(std::string_view text);

// "<0x0A>" to 10; -1 for any other text.
int byte_of_name(const std::string &text);

// Replaces SentencePiece's U+2581 by spaces.
std::string with_blanks(std::string_view text);

// The character of the byte-level alphabet for a byte, and the bytes that a text in this alphabet stands for. A text
// that contains any other character stands for itself.
std::string byte_level_bytes(const std::string &text);
std::string byte_level_character(unsigned char byte);

// Fills byte_tokens from the normal pieces that are single bytes. Returns the number of bytes without a piece.
int set_byte_tokens(Vocabulary &vocabulary);

}  // namespace tidbit::convert
