// The layout of a blob's tokenizer section. TOKENIZER_FORMAT.md is the specification; this is its only transcription
// into C++, shared by the library and the converter. In names, "blank" is the space, U+0020.
#pragma once

#include "base/types.h"

namespace tidbit::format {

inline constexpr std::uint32_t kTokenizerVersion = 3;
inline constexpr std::uint32_t kMaxAffix = 4;          // tokens before or after a text
inline constexpr std::uint32_t kMaxTokens = 1u << 20;  // ids and merge partners take 20 bits in the tables
inline constexpr std::uint32_t kMaxMerges = (1u << 24) - 1;
inline constexpr std::uint32_t kMaxProbes = 128;     // slots that a lookup examines
inline constexpr std::uint32_t kMaxCompared = 8;     // texts that a lookup compares
inline constexpr std::uint32_t kMaxAddedLinks = 64;  // added tokens that begin with one another

enum class TokenizerKind : std::uint32_t {
  sentencepiece = 1,  // starts from characters; ' ' stands for U+2581 in all texts
  byte_level = 2,     // starts from bytes
  character = 3,      // one token per character, no merges
};

// Where the text is split into words. No merge crosses the end of a word.
enum class Split : std::uint32_t {
  none = 0,
  joins = 1,       // between two ASCII characters that no piece contains side by side
  each_blank = 2,  // before each space
  gpt2 = 3,        // by the regular expressions of these families, see TOKENIZER_FORMAT.md
  qwen2 = 4,
  llama3 = 5,
  program = 6,  // by the table split_program, see namespace split_program
};

// How to tell whether two neighbors merge.
enum class MergeBy : std::uint32_t {
  none = 0,
  text = 1,  // their joined text is a piece; its rank orders the merges
  pair = 2,  // the two ids are in the merge table
};

namespace flag {
inline constexpr std::uint32_t kPrefixBlank = 1u << 0;         // put a space in front of the text
inline constexpr std::uint32_t kPrefixEverySegment = 1u << 1;  // ... and in front of the text after each added token
inline constexpr std::uint32_t kPrefixUnlessBlank = 1u << 2;   // ... unless it begins with a space
inline constexpr std::uint32_t kTrimBlanks = 1u << 3;          // remove spaces at both ends, reduce runs to one
inline constexpr std::uint32_t kByteFallback = 1u << 4;        // unknown characters become byte tokens
inline constexpr std::uint32_t kFuseUnknown = 1u << 5;         // a run of unknown characters is one token
// Decoding, only for sentencepiece:
inline constexpr std::uint32_t kDropFirstBlank = 1u << 6;  // drop a leading space of the first token
inline constexpr std::uint32_t kDropEachBlank = 1u << 7;   // ... and of each further one while there is no text
inline constexpr std::uint32_t kDropAllBlanks = 1u << 8;   // ... all its leading spaces, not only one
inline constexpr std::uint32_t kKeepByteBlank = 1u << 9;   // ... unless it is a byte-fallback token
inline constexpr std::uint32_t kAll = (1u << 10) - 1;
inline constexpr std::uint32_t kDecoding = kAll & ~((1u << 6) - 1);
}  // namespace flag

// One byte per token.
namespace attribute {
inline constexpr std::uint8_t kSpecial = 1;  // decodes to nothing by default; never made from ordinary text
inline constexpr std::uint8_t kByte = 2;     // a byte-fallback token
inline constexpr std::uint8_t kWhole = 4;    // encoding its text gives this token again
}  // namespace attribute

// `count` elements, `offset` bytes from the start of the section (a multiple of 8). Both are 0 if the table is absent.
struct Table {
  std::uint32_t offset;
  std::uint32_t count;
};

struct TokenizerHeader {
  std::uint32_t version;
  TokenizerKind kind;
  Split split;
  MergeBy merge_by;
  std::uint32_t flags;
  std::uint32_t token_count;
  std::int32_t unknown_token;   // -1: none
  std::uint32_t longest_piece;  // bytes of the longest text in the piece table
  std::uint32_t piece_probes;   // most slots that a lookup examines
  std::uint32_t merge_probes;
  std::uint32_t prefix_count;
  std::uint32_t suffix_count;
  std::int32_t prefix[kMaxAffix];
  std::int32_t suffix[kMaxAffix];
  Table text;                 // bytes of all tokens, one after another
  Table text_offsets;         // u32[token_count + 1]: token i is text[offsets[i] .. offsets[i + 1])
  Table attributes;           // u8[token_count]
  Table ranks;                // u32[token_count], MergeBy::text only: lowest merges first; kNoRank: never merged to
  Table piece_slots;          // u32: tag << 20 | id, see piece_hash and piece_tag
  Table merge_slots;          // u64: left << 44 | right << 24 | rank, see merge_hash
  Table merge_results;        // u32[merges]: the id that the merge of a rank makes
  Table byte_tokens;          // i32[256]: the token of each byte, -1 if it has none; or empty
  Table added;                // AddedToken, ordered by their texts, which are all different
  Table added_first;          // u32[257]: added tokens with first byte b are added[first[b] .. first[b + 1]); or empty.
                              // See namespace added for the high bits
  Table classes;              // u32: first code point << 2 | CharacterClass, ascending. Split::program:
                              // first code point << split_program::kSymbolBits | symbol
  Table joins;                // u64[256], Split::joins: bit b of the two words of character a: some piece contains "ab"
  Table split_program;        // u16, Split::program
  std::uint32_t reserved[2];  // 0
};
static_assert(sizeof(TokenizerHeader) == 192);

inline constexpr std::uint32_t kNoRank = 0xFFFFFFFF;
inline constexpr std::uint32_t kEmptyPieceSlot = 0xFFFFFFFF;
inline constexpr std::uint64_t kEmptyMergeSlot = 0xFFFFFFFFFFFFFFFF;

// Tokens that are cut out of the text before it is split into words. Early ones are searched for in the text as given,
// late ones in the text that remains, after its spaces were normalized.
struct AddedToken {
  std::uint32_t bits;  // its id in the low 20 bits, then see namespace added
  std::uint32_t next;  // the index of the longest added token that its text begins with, or kNoNext
};
namespace added {
inline constexpr std::uint32_t kIdMask = (1u << 20) - 1;
inline constexpr std::uint32_t kBytesShift = 20;  // 9 bits: the length of its text
inline constexpr std::uint32_t kBytesMask = (1u << 9) - 1;
inline constexpr std::uint32_t kLate = 1u << 30;
inline constexpr std::uint32_t kSpecial = 1u << 31;  // recognized only if the caller allows special tokens in the text
inline constexpr std::uint32_t kNoNext = 0xFFFFFFFF;
// In added_first: a place in `added`, and 1 + the second byte of all texts with this first byte, 0 if they differ.
inline constexpr std::uint32_t kPlaceMask = (1u << 20) - 1;
inline constexpr std::uint32_t kSecondShift = 20;
}  // namespace added

// Automata that split the text one after another, each the pieces of the one before. The elements of the table: stages;
// symbols; two numbers a stage, its bits and its states; the symbols of the 128 ASCII characters; then the states of
// all stages, one entry a symbol. The last symbol is the end of the text.
namespace split_program {
inline constexpr std::uint32_t kMaxStages = 8;
inline constexpr std::uint32_t kMaxSymbols = 1024;
inline constexpr std::uint32_t kSymbolBits = 10;
inline constexpr std::uint32_t kHead = 2;   // numbers in front of the stages
inline constexpr std::uint32_t kStage = 2;  // numbers of a stage
inline constexpr std::uint32_t kAscii = 128;
// The bits of a stage: what becomes of its matches in the low three, then:
inline constexpr std::uint32_t kBehavior = 7;
inline constexpr std::uint32_t kInvert = 8;      // what does not match counts as a match, and the other way round
inline constexpr std::uint32_t kByteLevel = 16;  // it sees one character of the byte-level alphabet for each byte
inline constexpr std::uint32_t kAllBits = 31;

enum class Behavior : std::uint32_t {
  isolated = 0,
  removed = 1,
  contiguous = 2,  // matches side by side are one piece
  merged_with_previous = 3,
  merged_with_next = 4,
};
}  // namespace split_program

// A state's entry for a symbol: 1 + the next state, or 0 if there is none.
namespace split_entry {
inline constexpr std::uint16_t kMatch = 0x8000;  // a match ends in front of the symbol
}  // namespace split_entry

enum class CharacterClass : std::uint32_t { other = 0, letter = 1, number = 2, space = 3 };

// FNV-1a, then two steps that mix the high bits. The first slot in a table of `slots` is hash * slots >> 32.
inline std::uint32_t piece_hash(const char *text, std::size_t bytes) {
  std::uint32_t h = 0x811C9DC5u;
  for (std::size_t i = 0; i < bytes; ++i) h = (h ^ static_cast<unsigned char>(text[i])) * 0x01000193u;
  h = (h ^ (h >> 15)) * 0x85EBCA6Bu;
  return h ^ (h >> 13);
}

inline std::uint32_t merge_hash(std::uint32_t left, std::uint32_t right) {
  std::uint32_t h = left * 0x9E3779B1u ^ (right * 0x85EBCA6Bu + 0x27D4EB2Fu);
  h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
  return h ^ (h >> 13);
}

inline std::uint32_t first_slot(std::uint32_t hash, std::uint32_t slots) {
  return static_cast<std::uint32_t>(std::uint64_t{hash} * slots >> 32);
}

// Low bits of the hash, stored next to the id to reject most wrong slots without reading a text. Never 0xFFF.
inline std::uint32_t piece_tag(std::uint32_t hash) { return (hash & 0xFFF) % 0xFFF; }

}  // namespace tidbit::format
