// Checks the header of the tokenizer section, in a time that does not depend on the size of the tables, and all of a
// split program.
#include "format/blob_format.h"
#include "text/normalizer.h"
#include "text/split_program.h"
#include "text/tokenizer.h"
#include "text/tokenizer_features.h"
#include "text/tokenizer_format.h"

namespace tidbit {
namespace {

using namespace format;

// The tables in the order of the header. A table has `count` elements, plus one per token if per_token is 1; 0 and 0:
// any number.
struct TableRule {
  std::uint8_t element_bytes;
  std::uint8_t per_token;
  std::uint16_t count;
};
constexpr TableRule kRules[] = {
    {1, 0, 0},                   // text
    {4, 1, 1},                   // text_offsets
    {1, 1, 0},                   // attributes
    {4, 1, 0},                   // ranks
    {4, 0, 0},                   // piece_slots
    {8, 0, 0},                   // merge_slots
    {4, 0, 0},                   // merge_results
    {4, 0, 256},                 // byte_tokens
    {sizeof(AddedToken), 0, 0},  // added
    {4, 0, 257},                 // added_first
    {4, 0, 0},                   // classes
    {8, 0, 256},                 // joins
    {2, 0, 0},                   // split_program
#if TIDBIT_FEATURE_NORMALIZER
    {4, 0, 0},  // normalizer
    {4, 0, 0},  // normalizer_data
#endif
};

constexpr std::uint32_t bit_of(std::size_t field) {
  return 1u << (field - offsetof(TokenizerHeader, text)) / sizeof(Table);
}
static_assert(bit_of(features::kNormalizer
                         ? offsetof(TokenizerHeader, scores)
                         : offsetof(TokenizerHeader, normalizer)) == 1u << sizeof kRules / sizeof kRules[0]);

// The tables that must be present, one bit each.
std::uint32_t required_tables(const TokenizerHeader &h) {
  std::uint32_t bits = bit_of(offsetof(TokenizerHeader, text_offsets)) | bit_of(offsetof(TokenizerHeader, attributes)) |
                       bit_of(offsetof(TokenizerHeader, piece_slots));
  if (h.merge_by == MergeBy::text) bits |= bit_of(offsetof(TokenizerHeader, ranks));
  if (h.merge_by == MergeBy::pair) {
    bits |= bit_of(offsetof(TokenizerHeader, merge_slots)) | bit_of(offsetof(TokenizerHeader, merge_results));
  }
  if (h.kind == TokenizerKind::byte_level) bits |= bit_of(offsetof(TokenizerHeader, byte_tokens));
  if (h.added.count != 0) bits |= bit_of(offsetof(TokenizerHeader, added_first));
  if (h.split >= Split::gpt2) bits |= bit_of(offsetof(TokenizerHeader, classes));
  if (features::kSplitProgram && h.split == Split::program) bits |= bit_of(offsetof(TokenizerHeader, split_program));
  if (h.split == Split::joins) bits |= bit_of(offsetof(TokenizerHeader, joins));
  return bits;
}

bool table_fits(const Table &table, TableRule rule, bool required, std::uint32_t tokens, std::uint64_t section_bytes) {
  if (table.count == 0) return !required && table.offset == 0;
  const std::uint32_t count = rule.count + (rule.per_token != 0 ? tokens : 0);
  if (count != 0 && table.count != count) return false;
  if (table.offset % 8 != 0 || table.offset < sizeof(TokenizerHeader)) return false;
  return table.offset + std::uint64_t{table.count} * rule.element_bytes <= section_bytes;
}

// Offset in the header of the first table that is misplaced or has the wrong size; 0 if all are correct.
std::size_t wrong_table(const std::byte *section, const TokenizerHeader &h, std::uint64_t bytes) {
  std::size_t field = offsetof(TokenizerHeader, text);
  const std::uint32_t required = required_tables(h);
  for (const TableRule rule : kRules) {
    const Table &table = *reinterpret_cast<const Table *>(section + field);
    if (!table_fits(table, rule, (required & bit_of(field)) != 0, h.token_count, bytes)) return field;
    field += sizeof(Table);
  }
  return 0;
}

bool valid_ids(const std::int32_t *ids, std::uint32_t count, std::uint32_t tokens) {
  if (count > kMaxAffix) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (ids[i] < 0 || static_cast<std::uint32_t>(ids[i]) >= tokens) return false;
  }
  return true;
}

bool blank_split(const TokenizerHeader &h) { return h.split <= Split::each_blank || h.split == Split::program; }

// The kind is one of this build.
bool valid_split(const TokenizerHeader &h) {
  if (h.split > Split::program || h.merge_by > MergeBy::whole) return false;
  if (features::is(h.kind, TokenizerKind::sentencepiece)) {
    return blank_split(h) && (h.merge_by == MergeBy::text || h.merge_by == MergeBy::pair);
  }
  if (features::is(h.kind, TokenizerKind::unigram)) return blank_split(h) && h.merge_by == MergeBy::best;
  if (features::is(h.kind, TokenizerKind::plain)) {
    return (h.split == Split::none || h.split == Split::program) &&
           (h.merge_by == MergeBy::longest || h.merge_by == MergeBy::whole);
  }
  if (features::is(h.kind, TokenizerKind::byte_level)) return h.split >= Split::gpt2 && h.merge_by == MergeBy::pair;
  if (features::is(h.kind, TokenizerKind::word_bpe)) {
    return (h.split == Split::none || h.split == Split::program) && h.merge_by == MergeBy::pair;
  }
  return h.split == Split::none && h.merge_by == MergeBy::none;
}

// Offset in the header of the first number that is out of range, or kNone.
constexpr std::size_t kNone = ~std::size_t{0};
std::size_t wrong_number(const TokenizerHeader &h, std::uint32_t vocab_size) {
  if (!valid_split(h)) return offsetof(TokenizerHeader, kind);
  const bool decodes = features::writes_blanks(h.kind);
  if ((h.flags & ~(decodes ? flag::kAll : flag::kAll & ~flag::kDecoding)) != 0) return offsetof(TokenizerHeader, flags);
  if ((h.flags & flag::kByteFallback) != 0 && h.byte_tokens.count == 0) return offsetof(TokenizerHeader, flags);
  if (h.token_count == 0 || h.token_count > vocab_size || h.token_count >= kMaxTokens) {
    return offsetof(TokenizerHeader, token_count);
  }
  const std::int64_t unknown = h.unknown_token;
  const std::int64_t least = features::is(h.kind, TokenizerKind::unigram) ? 0 : -1;
  if (unknown < least || unknown >= std::int64_t{h.token_count}) return offsetof(TokenizerHeader, unknown_token);
  if (h.longest_piece > kMaxPieceBytes) return offsetof(TokenizerHeader, longest_piece);
  if (h.piece_probes > kMaxProbes) return offsetof(TokenizerHeader, piece_probes);
  if (h.merge_probes > kMaxProbes) return offsetof(TokenizerHeader, merge_probes);
  if (h.added.count > h.token_count) return offsetof(TokenizerHeader, added);
  if (!valid_ids(h.prefix, h.prefix_count, h.token_count)) return offsetof(TokenizerHeader, prefix_count);
  if (!valid_ids(h.suffix, h.suffix_count, h.token_count)) return offsetof(TokenizerHeader, suffix_count);
  return kNone;
}

// Offset in the header of the first table of unigram that is misplaced or has the wrong size; 0 if both are correct.
std::size_t wrong_lattice(const TokenizerHeader &h, std::uint64_t bytes) {
  if (!features::is(h.kind, TokenizerKind::unigram)) return 0;
  if (!table_fits(h.scores, {8, 1, 0}, true, h.token_count, bytes)) return offsetof(TokenizerHeader, scores);
  const std::uint32_t words = h.prefix_filter.count;
  const bool fits = table_fits(h.prefix_filter, {8, 0, 0}, true, h.token_count, bytes) && (words & (words - 1)) == 0;
  return fits ? 0 : offsetof(TokenizerHeader, prefix_filter);
}

// Offset in the header of the table `continuing` if it is misplaced or too long, otherwise 0.
std::size_t wrong_continuing(const TokenizerHeader &h, std::uint64_t bytes) {
  if (!features::is(h.kind, TokenizerKind::plain)) return 0;
  const bool fits = table_fits(h.continuing, {1, 0, 0}, false, h.token_count, bytes);
  return fits && h.continuing.count < kMaxPieceBytes ? 0 : offsetof(TokenizerHeader, continuing);
}

// Offset in the header of the first of the tables `continuing` and `word_end` of word_bpe that is misplaced or too
// long; 0 if both are correct.
std::size_t wrong_marks(const TokenizerHeader &h, std::uint64_t bytes) {
  if (!features::is(h.kind, TokenizerKind::word_bpe)) return 0;
  const auto fits = [&](const Table &table) {
    return table_fits(table, {1, 0, 0}, false, h.token_count, bytes) && table.count <= kMaxMark;
  };
  if (!fits(h.continuing)) return offsetof(TokenizerHeader, continuing);
  return fits(h.word_end) ? 0 : offsetof(TokenizerHeader, word_end);
}

// Offset in the header of what this build leaves out, or kNone.
std::size_t missing_feature(const TokenizerHeader &h) {
  if (!features::has(h.kind)) return offsetof(TokenizerHeader, kind);
  if (!features::kSplitProgram && h.split == Split::program) return offsetof(TokenizerHeader, split_program);
  return !features::kNormalizer && h.normalizer.count != 0 ? offsetof(TokenizerHeader, normalizer) : kNone;
}

// Offset in the header of the first program that is damaged, or kNone.
std::size_t wrong_program(const std::byte *section, const TokenizerHeader &h) {
  if constexpr (features::kSplitProgram) {
    if (h.split == Split::program && !valid_split_program(section)) return offsetof(TokenizerHeader, split_program);
  }
  if constexpr (features::kNormalizer) {
    if (h.normalizer.count != 0 && !valid_normalizer(section)) return offsetof(TokenizerHeader, normalizer);
  }
  return kNone;
}

}  // namespace

tidbit_status check_tokenizer(const std::byte *section, std::uint64_t bytes, std::uint32_t vocab_size,
                              std::uint64_t *fault_offset) {
  *fault_offset = 0;
  if (bytes < sizeof(TokenizerHeader)) return TIDBIT_ERR_TOKENIZER;
  const TokenizerHeader &header = *reinterpret_cast<const TokenizerHeader *>(section);
  if (header.version != kTokenizerVersion) return TIDBIT_ERR_TOKENIZER;
  if (header.kind < TokenizerKind::sentencepiece || header.kind > TokenizerKind::word_bpe) {
    *fault_offset = offsetof(TokenizerHeader, kind);
    return TIDBIT_ERR_TOKENIZER;
  }
  const std::size_t feature = missing_feature(header);
  if (feature != kNone) {
    *fault_offset = feature;
    return TIDBIT_ERR_UNSUPPORTED;
  }
  const std::size_t number = wrong_number(header, vocab_size);
  if (number != kNone) {
    *fault_offset = number;
    return TIDBIT_ERR_TOKENIZER;
  }
  std::size_t table = wrong_table(section, header, bytes);
  if constexpr (features::has(TokenizerKind::unigram)) {
    if (table == 0) table = wrong_lattice(header, bytes);
  }
  if constexpr (features::has(TokenizerKind::plain)) {
    if (table == 0) table = wrong_continuing(header, bytes);
  }
  if constexpr (features::has(TokenizerKind::word_bpe)) {
    if (table == 0) table = wrong_marks(header, bytes);
  }
  if (table != 0) {
    *fault_offset = table;
    return TIDBIT_ERR_TOKENIZER;
  }
  const std::size_t program = wrong_program(section, header);
  if (program != kNone) {
    *fault_offset = program;
    return TIDBIT_ERR_TOKENIZER;
  }
  return TIDBIT_OK;
}

}  // namespace tidbit
