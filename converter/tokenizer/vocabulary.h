// A tokenizer as the readers of the file formats describe it, and its way into the section of a blob.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "converter/tokenizer/import.h"
#include "text/tokenizer_format.h"

namespace tidbit::convert {

enum class PieceType : std::uint8_t {
  unused,  // an id that no text becomes; it may still have a text
  normal,
  user_defined,  // cut out of the text before merging
  control,       // special: begin and end of text and the like
  unknown,
  byte,  // of the byte fallback; the text is the byte
};

// The numbers that SentencePiece's protobuf, and GGUF after it, give to the types.
constexpr PieceType sentencepiece_type(std::uint64_t number) {
  switch (number) {
    case 1: return PieceType::normal;
    case 2: return PieceType::unknown;
    case 3: return PieceType::control;
    case 4: return PieceType::user_defined;
    case 6: return PieceType::byte;
    default: return PieceType::unused;
  }
}

// `text` is what the token decodes to; with kind sentencepiece blanks instead of U+2581.
struct Piece {
  std::string text;
  PieceType type = PieceType::unused;
  float score = 0;  // MergeBy::text: the highest merges first
};

struct Merge {
  std::uint32_t left;
  std::uint32_t right;
  std::uint32_t result;
};

struct AddedPiece {
  std::uint32_t id;
  bool special;  // only where the caller parses special tokens
  bool late;     // looked for after normalisation
};

struct Vocabulary {
  format::TokenizerKind kind = format::TokenizerKind::byte_level;
  format::Split split = format::Split::none;
  format::MergeBy merge_by = format::MergeBy::none;
  std::uint32_t flags = 0;
  bool ignore_merges = false;  // a word that is a piece becomes it, whatever the merges say
  std::vector<Piece> pieces;
  std::vector<Merge> merges;  // by rank
  std::vector<AddedPiece> added;
  std::vector<std::int32_t> prefix;
  std::vector<std::int32_t> suffix;
  std::array<std::int32_t, 256> byte_tokens;
  std::int32_t unknown = -1;
  std::int32_t bos = -1;
  std::vector<std::int32_t> ends;
  std::string description;

  Vocabulary() { byte_tokens.fill(-1); }
};

// Writes the tables. `source` names the file in errors.
ImportedTokenizer build_section(Vocabulary vocabulary, std::uint32_t vocab_size, const std::string &source);

// Marks the pieces that merging the characters (or bytes) of their own text gives again.
std::vector<bool> whole_pieces(const Vocabulary &vocabulary);

// The texts of characters in order; an invalid byte is a character of its own.
std::vector<std::string> characters_of(const std::string &text);

// "<0x0A>" to 10; -1 for any other text.
int byte_of_name(const std::string &text);

// SentencePiece's U+2581 to blanks.
std::string with_blanks(std::string text);

// A character of the byte-level alphabet for each byte, and the bytes that a text of the alphabet stands for; a text
// with any other character stands for itself.
std::string byte_level_bytes(const std::string &text);
std::string byte_level_character(unsigned char byte);

// Fills byte_tokens from the single bytes among the normal pieces; the number of bytes without a piece.
int set_byte_tokens(Vocabulary &vocabulary);

}  // namespace tidbit::convert
