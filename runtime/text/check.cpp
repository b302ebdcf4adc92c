// Checks the header of the tokenizer section; takes time independent of the size of the tables.
#include "format/blob_format.h"
#include "text/tokenizer.h"
#include "text/tokenizer_features.h"
#include "text/tokenizer_format.h"

namespace tidbit {
namespace {

using namespace format;

struct TableRule {
  std::size_t field;  // offset of the Table in the header
  std::uint32_t element_bytes;
  std::uint32_t count;  // exact, or kAny
  bool may_be_empty;
};
constexpr std::uint32_t kAny = 0xFFFFFFFF;

bool inside(const Table &table, std::uint32_t element_bytes, std::uint64_t section_bytes) {
  if (table.offset % 8 != 0 || table.offset < sizeof(TokenizerHeader)) return false;
  return table.offset + std::uint64_t{table.count} * element_bytes <= section_bytes;
}

bool table_fits(const std::byte *section, const TableRule &rule, std::uint64_t section_bytes) {
  const Table &table = *reinterpret_cast<const Table *>(section + rule.field);
  if (table.count == 0) return rule.may_be_empty && table.offset == 0;
  if (rule.count != kAny && table.count != rule.count) return false;
  return inside(table, rule.element_bytes, section_bytes);
}

// Offset in the header of the first table that is misplaced or has the wrong size; 0 if all are correct.
std::size_t wrong_table(const std::byte *section, const TokenizerHeader &h, std::uint64_t bytes) {
  const bool by_text = h.merge_by == MergeBy::text;
  const bool by_pair = h.merge_by == MergeBy::pair;
  const bool classes = h.split >= Split::gpt2;
  const bool joins = h.split == Split::joins;
  const bool byte_level = h.kind == TokenizerKind::byte_level;
  const TableRule rules[] = {
      {offsetof(TokenizerHeader, text), 1, kAny, true},
      {offsetof(TokenizerHeader, text_offsets), 4, h.token_count + 1, false},
      {offsetof(TokenizerHeader, attributes), 1, h.token_count, false},
      {offsetof(TokenizerHeader, ranks), 4, h.token_count, !by_text},
      {offsetof(TokenizerHeader, piece_slots), 4, kAny, false},
      {offsetof(TokenizerHeader, merge_slots), 8, kAny, !by_pair},
      {offsetof(TokenizerHeader, merge_results), 4, kAny, !by_pair},
      {offsetof(TokenizerHeader, byte_tokens), 4, 256, !byte_level},
      {offsetof(TokenizerHeader, added), 4, kAny, true},
      {offsetof(TokenizerHeader, added_first), 4, 257, h.added.count == 0},
      {offsetof(TokenizerHeader, classes), 4, kAny, !classes},
      {offsetof(TokenizerHeader, joins), 8, 256, !joins},
  };
  for (const TableRule &rule : rules) {
    if (!table_fits(section, rule, bytes)) return rule.field;
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

bool valid_split(const TokenizerHeader &h) {
  if (h.split > Split::llama3 || h.merge_by > MergeBy::pair) return false;
  switch (h.kind) {
    case TokenizerKind::sentencepiece:
      return h.split <= Split::each_blank && h.merge_by != MergeBy::none;
    case TokenizerKind::byte_level:
      return h.split >= Split::gpt2 && h.merge_by == MergeBy::pair;
    case TokenizerKind::character:
      return h.split == Split::none && h.merge_by == MergeBy::none;
  }
  return false;
}

// Offset in the header of the first number that is out of range, or kNone.
constexpr std::size_t kNone = ~std::size_t{0};
std::size_t wrong_number(const TokenizerHeader &h, std::uint32_t vocab_size) {
  if (h.version != kTokenizerVersion) return offsetof(TokenizerHeader, version);
  if (!valid_split(h)) return offsetof(TokenizerHeader, kind);
  if ((h.flags & ~flag::kAll) != 0) return offsetof(TokenizerHeader, flags);
  if ((h.flags & flag::kByteFallback) != 0 && h.byte_tokens.count == 0) return offsetof(TokenizerHeader, flags);
  if (h.token_count == 0 || h.token_count > vocab_size || h.token_count >= kMaxTokens) {
    return offsetof(TokenizerHeader, token_count);
  }
  const std::int64_t unknown = h.unknown_token;
  if (unknown < -1 || unknown >= std::int64_t{h.token_count}) return offsetof(TokenizerHeader, unknown_token);
  if (h.longest_piece > kMaxPieceBytes) return offsetof(TokenizerHeader, longest_piece);
  if (h.piece_probes > kMaxProbes || h.piece_probes > h.piece_slots.count)
    return offsetof(TokenizerHeader, piece_probes);
  if (h.merge_probes > kMaxProbes || h.merge_probes > h.merge_slots.count)
    return offsetof(TokenizerHeader, merge_probes);
  if (h.added.count > h.token_count) return offsetof(TokenizerHeader, added);
  if (!valid_ids(h.prefix, h.prefix_count, h.token_count)) return offsetof(TokenizerHeader, prefix_count);
  if (!valid_ids(h.suffix, h.suffix_count, h.token_count)) return offsetof(TokenizerHeader, suffix_count);
  return kNone;
}

}  // namespace

tidbit_status check_tokenizer(const std::byte *section, std::uint64_t bytes, std::uint32_t vocab_size,
                              std::uint64_t *fault_offset) {
  *fault_offset = 0;
  if (bytes < sizeof(TokenizerHeader)) return TIDBIT_ERR_TOKENIZER;
  const TokenizerHeader &header = *reinterpret_cast<const TokenizerHeader *>(section);
  const std::size_t number = wrong_number(header, vocab_size);
  if (number != kNone) {
    *fault_offset = number;
    return TIDBIT_ERR_TOKENIZER;
  }
  const std::size_t table = wrong_table(section, header, bytes);
  if (table != 0) {
    *fault_offset = table;
    return TIDBIT_ERR_TOKENIZER;
  }
  if (!features::has(header.kind)) {
    *fault_offset = offsetof(TokenizerHeader, kind);
    return TIDBIT_ERR_UNSUPPORTED;
  }
  return TIDBIT_OK;
}

}  // namespace tidbit
