// The layout of a blob's tokenizer section. TOKENIZER_FORMAT.md is the specification; this is its only transcription
// into C++, shared by the library and the converter. In names, "blank" is the space, U+0020.
#pragma once

#include "base/types.h"

namespace tidbit::format {

inline constexpr std::uint32_t kTokenizerVersion = 5;
inline constexpr std::uint32_t kMaxMark = 16;          // bytes of what marks a piece's place in its word
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
  plain = 4,          // words are pieces or consist of pieces; a space stands between them in decoded text
  unigram = 5,        // as sentencepiece, but a word becomes the pieces with the highest sum of scores
  word_bpe = 6,       // starts from the characters (or bytes) of a word; pieces may say where in it they stand
};

// True if the texts of all tokens have a space in front of them.
constexpr bool stores_blanks(TokenizerKind kind) {
  return kind == TokenizerKind::plain || kind == TokenizerKind::word_bpe;
}

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
  text = 1,     // their joined text is a piece; its rank orders the merges
  pair = 2,     // the two ids are in the merge table
  best = 3,     // nothing merges: the sequence of pieces with the highest sum of scores
  longest = 4,  // nothing merges: the longest piece at each place (WordPiece); a word without one is unknown
  whole = 5,    // nothing merges: a word that is not a piece is unknown
};

namespace flag {
inline constexpr std::uint32_t kPrefixBlank = 1u << 0;         // put a space in front of the text
inline constexpr std::uint32_t kPrefixEverySegment = 1u << 1;  // ... and in front of the text after each added token
inline constexpr std::uint32_t kPrefixUnlessBlank = 1u << 2;   // ... unless it begins with a space
inline constexpr std::uint32_t kTrimBlanks = 1u << 3;          // remove spaces at both ends, reduce runs to one
inline constexpr std::uint32_t kByteFallback = 1u << 4;        // unknown characters become byte tokens
inline constexpr std::uint32_t kFuseUnknown = 1u << 5;         // a run of unknown characters is one token
// Decoding, only for sentencepiece and unigram:
inline constexpr std::uint32_t kDropFirstBlank = 1u << 6;  // drop a leading space of the first token
inline constexpr std::uint32_t kDropEachBlank = 1u << 7;   // ... and of each further one while there is no text
inline constexpr std::uint32_t kDropAllBlanks = 1u << 8;   // ... all its leading spaces, not only one
inline constexpr std::uint32_t kKeepByteBlank = 1u << 9;   // ... unless it is a byte-fallback token
inline constexpr std::uint32_t kDecoding = (1u << 10) - (1u << 6);
inline constexpr std::uint32_t kPrefixLate = 1u << 10;    // kPrefixBlank comes after the late added tokens are cut out
inline constexpr std::uint32_t kRoundSums = 1u << 11;     // unigram: sums of scores are rounded to f32
inline constexpr std::uint32_t kBlankBehind = 1u << 12;   // kPrefixBlank is put behind the text
inline constexpr std::uint32_t kByteUnits = 1u << 13;     // word_bpe: starts from the bytes of a word
inline constexpr std::uint32_t kKeepSymbol = 1u << 14;    // U+2581 in a text is no space
inline constexpr std::uint32_t kUnknownPiece = 1u << 15;  // unigram: words may contain the text of unknown_token
inline constexpr std::uint32_t kAll = (1u << 16) - 1;
}  // namespace flag

// One byte per token.
namespace attribute {
inline constexpr std::uint8_t kSpecial = 1;  // decodes to nothing by default; never made from ordinary text
inline constexpr std::uint8_t kByte = 2;     // a byte-fallback token
inline constexpr std::uint8_t kWhole = 4;    // encoding its text gives this token again; plain: words may contain it
// Decoding behind another token, only for plain and word_bpe:
inline constexpr std::uint8_t kContinues = 8;  // without the space in front and without the text of `continuing`
inline constexpr std::uint8_t kJoined = 16;    // without the space in front
inline constexpr std::uint8_t kEndsWord = 32;  // word_bpe: without `word_end`; only behind such a token is a space
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
  Table text;             // bytes of all tokens, one after another. plain: with a space in front of each
  Table text_offsets;     // u32[token_count + 1]: token i is text[offsets[i] .. offsets[i + 1])
  Table attributes;       // u8[token_count]
  Table ranks;            // u32[token_count], MergeBy::text only: lowest merges first; kNoRank: never merged to
  Table piece_slots;      // u32: tag << 20 | id, see piece_hash and piece_tag
  Table merge_slots;      // u64: left << 44 | right << 24 | rank, see merge_hash
  Table merge_results;    // u32[merges]: the id that the merge of a rank makes
  Table byte_tokens;      // i32[256]: the token of each byte, -1 if it has none; or empty
  Table added;            // AddedToken, ordered by their texts, which are all different
  Table added_first;      // u32[257]: added tokens with first byte b are added[first[b] .. first[b + 1]); or empty.
                          // See namespace added for the high bits
  Table classes;          // u32: first code point << 2 | CharacterClass, ascending. Split::program:
                          // first code point << split_program::kSymbolBits | symbol
  Table joins;            // u64[256], Split::joins: bit b of the two words of character a: some piece contains "ab"
  Table split_program;    // u16, Split::program
  Table normalizer;       // u32, see namespace normalizer; or empty
  Table normalizer_data;  // u32
  Table scores;           // f64[token_count], MergeBy::best; not a number: no word contains the token. That of
                          // unknown_token is the score of a character without a piece
  Table prefix_filter;    // u64, a power of two, MergeBy::best, see namespace prefix_filter
  Table continuing;       // u8, plain, word_bpe: what the texts of pieces begin with that are not a word's first
  std::uint32_t most_characters;  // MergeBy::longest: a word that has more is unknown
  Table word_end;                 // u8, word_bpe: what the texts of pieces end with that are the last of a word
  std::uint32_t reserved[5];      // 0
};
static_assert(sizeof(TokenizerHeader) == 256);

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

// Steps that change the text before it is split, one after another, as a text of code points. The table normalizer has
// kHead numbers and kStep numbers a step: its Op and its arguments. What they refer to is in normalizer_data, at an
// offset in elements, or in bytes for a text. See TOKENIZER_FORMAT.md.
namespace normalizer {
inline constexpr std::uint32_t kMaxSteps = 32;
inline constexpr std::uint32_t kMaxGrowth = 64;
inline constexpr std::uint32_t kMaxKey = 32;  // characters that a map looks at at once
inline constexpr std::uint32_t kStep = 7;
// The numbers in front of the steps.
inline constexpr std::uint32_t kSteps = 0;       // how many there are
inline constexpr std::uint32_t kGrowth = 1;      // bytes that one byte of the text may become
inline constexpr std::uint32_t kWordSet = 2;     // offset and size of the set of characters that words consist of
inline constexpr std::uint32_t kAddedTexts = 4;  // offset of two numbers for each added token, see added_text
inline constexpr std::uint32_t kHead = 5;

enum class Op : std::uint32_t {
  map = 1,    // ranges: offset, count, how many begin below 128; 1 for grapheme clusters; their classes: offset, count
  order = 2,  // canonical order: offset, count of the combining classes; of the compositions, or 0, 0
  skip = 3,   // set: offset, count; skips as many steps if no character is in the set
  strip = 4,  // white space: 1 at the start, 2 at the end, 3 both
  prepend = 5,  // a text, unless there is nothing
  replace = 6,  // matches of an automaton by a text: classes: offset, count; symbols; states: offset, count; the text
};

// A range of a map: kind << kKindShift | first character, last character, argument.
inline constexpr std::uint32_t kRange = 3;
inline constexpr std::uint32_t kKindShift = 21;
enum class RangeKind : std::uint32_t {
  text = 0,          // each becomes this text
  texts = 1,         // offset of a text for each
  shift = 2,         // the difference to the new character
  shift_by_two = 3,  // ... for every second one, from the first on
  surround = 4,      // this text before and behind the character
  chain = 5,         // offset of a node; there is one character in the range
  hangul = 6,        // a syllable becomes its two or three letters
};
// A node: edges; 1 if a key ends here; its text; then for each edge, ascending, the character and the offset of a node.
inline constexpr std::uint32_t kNode = 3;
// A text: offset in bytes << kTextShift | its length in bytes.
inline constexpr std::uint32_t kTextShift = 8;
inline constexpr std::uint32_t kMaxTextBytes = (1u << kTextShift) - 1;
}  // namespace normalizer

// Two numbers: the offset in bytes of the text that is searched for, or kOwn, and options.
namespace added_text {
inline constexpr std::uint32_t kOwn = 0xFFFFFFFF;  // that of the token
inline constexpr std::uint32_t kSingleWord = 1;    // not beside a character of a word
inline constexpr std::uint32_t kStripLeft = 2;     // takes the white space in front of it
inline constexpr std::uint32_t kStripRight = 4;    // ... behind it
}  // namespace added_text

enum class CharacterClass : std::uint32_t { other = 0, letter = 1, number = 2, space = 3 };

// FNV-1a, then two steps that mix the high bits. The first slot in a table of `slots` is hash * slots >> 32.
inline constexpr std::uint32_t kFnvStart = 0x811C9DC5u;
inline std::uint32_t fnv(std::uint32_t h, const char *text, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) h = (h ^ static_cast<unsigned char>(text[i])) * 0x01000193u;
  return h;
}
inline std::uint32_t mixed(std::uint32_t h) {
  h = (h ^ (h >> 15)) * 0x85EBCA6Bu;
  return h ^ (h >> 13);
}
inline std::uint32_t piece_hash(const char *text, std::size_t bytes) { return mixed(fnv(kFnvStart, text, bytes)); }

// A Bloom filter with one bit a key, for the starts of the pieces that have a score, up to the end of each character.
namespace prefix_filter {
inline std::uint32_t word_of(std::uint32_t hash, std::uint32_t words) { return hash >> 6 & (words - 1); }
inline std::uint64_t bit_of(std::uint32_t hash) { return std::uint64_t{1} << (hash & 63); }
}  // namespace prefix_filter

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
