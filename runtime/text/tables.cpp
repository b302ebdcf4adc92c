#include "text/tables.h"

#include "base/assert.h"
#include "format/blob_format.h"
#include "text/characters.h"
#include "text/tokenizer_features.h"

namespace tidbit {

using namespace format;

Bytes Tables::text(std::uint32_t token) const {
  TIDBIT_ASSERT(token < header_.token_count);
  const std::uint32_t begin = u32(header_.text_offsets)[token];
  const std::uint32_t end = u32(header_.text_offsets)[token + 1];
  if (begin > end || end > header_.text.count || end - begin > kMaxPieceBytes)
    return {reinterpret_cast<const char *>(section_), 0};
  return {reinterpret_cast<const char *>(section_ + header_.text.offset + begin), end - begin};
}

// What follows `lead` in the text of a token, without the space that some kinds have in front of it. A text that does
// not begin so becomes one that is longer than any.
inline Bytes Tables::behind(Bytes lead, Bytes text) const {
  if (features::stores_blanks(header_.kind) && text.size != 0) text = {text.data + 1, text.size - 1};
  if (text.size < lead.size || __builtin_memcmp(text.data, lead.data, lead.size) != 0) return {text.data, kNoToken};
  return {text.data + lead.size, text.size - lead.size};
}

inline std::uint32_t Tables::look_up(Bytes lead, const char *data, std::uint32_t size, std::uint32_t hash) const {
  const std::uint32_t tag = piece_tag(hash);
  const std::uint32_t slots = header_.piece_slots.count;
  std::uint32_t slot = first_slot(hash, slots);
  std::uint32_t compared = 0;
  for (std::uint32_t probe = 0; probe < header_.piece_probes; ++probe) {
    const std::uint32_t entry = u32(header_.piece_slots)[slot];
    if (entry == kEmptyPieceSlot) return kNoToken;
    const std::uint32_t token = entry & (kMaxTokens - 1);
    if (entry >> 20 == tag && token < header_.token_count) {
      Bytes piece = text(token);
      if constexpr (features::kStoresBlanks) piece = behind(lead, piece);
      if (piece.size == size && __builtin_memcmp(piece.data, data, size) == 0) return token;
      if (++compared == kMaxCompared) return kNoToken;
    }
    if (++slot == slots) slot = 0;
  }
  return kNoToken;
}

std::uint32_t Tables::find(const char *data, std::uint32_t size) const {
  return size > header_.longest_piece ? kNoToken : look_up({data, 0}, data, size, piece_hash(data, size));
}

#if TIDBIT_FEATURE_TOKENIZERS & 16
std::uint32_t Tables::find_hashed(const char *data, std::uint32_t size, std::uint32_t hash) const {
  return look_up({data, 0}, data, size, hash);
}
#endif

#if TIDBIT_FEATURE_TOKENIZERS & 8
std::uint32_t Tables::find_behind(Bytes lead, const char *data, std::uint32_t size, std::uint32_t hash) const {
  return look_up(lead, data, size, hash);
}
#endif

std::uint32_t Tables::byte_token(unsigned char byte) const { return checked(u32(header_.byte_tokens)[byte]); }

std::uint32_t Tables::pair_rank(std::uint32_t left, std::uint32_t right) const {
  const std::uint64_t *table = u64(header_.merge_slots);
  const std::uint64_t key = std::uint64_t{left} << 20 | right;
  const std::uint32_t slots = header_.merge_slots.count;
  std::uint32_t slot = first_slot(merge_hash(left, right), slots);
  for (std::uint32_t probe = 0; probe < header_.merge_probes; ++probe) {
    const std::uint64_t entry = table[slot];
    if (entry >> 24 == key) return static_cast<std::uint32_t>(entry & kMaxMerges);
    if (entry == kEmptyMergeSlot) return kNoRank;
    if (++slot == slots) slot = 0;
  }
  return kNoRank;
}

std::uint32_t Tables::pair_result(std::uint32_t rank) const {
  return rank < header_.merge_results.count ? checked(u32(header_.merge_results)[rank]) : kNoToken;
}

CharacterClass Tables::character_class(std::uint32_t code_point) const {
  const std::uint32_t *table = u32(header_.classes);
  std::uint32_t low = 0;
  std::uint32_t high = header_.classes.count;
  while (low < high) {  // the first entry above the code point
    const std::uint32_t middle = low + (high - low) / 2;
    if (table[middle] >> 2 <= code_point) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? CharacterClass::other : static_cast<CharacterClass>(table[low - 1] & 3);
}

#if TIDBIT_FEATURE_NORMALIZER
// Two numbers for each added token, or null; see format::added_text.
const std::uint32_t *Tables::added_texts() const {
  if (header_.normalizer.count == 0) return nullptr;
  const std::uint32_t offset = normalizer()[format::normalizer::kAddedTexts];
  return offset == 0 ? nullptr : normalizer_data() + offset;
}

bool Tables::in_word(std::uint32_t code_point) const {
  const std::uint32_t *program = normalizer();
  return in_set(normalizer_data() + program[format::normalizer::kWordSet], program[format::normalizer::kWordSet + 1],
                code_point);
}
#endif

// The text by which an added token is found.
inline Bytes Tables::added_text(std::uint32_t place, std::uint32_t bits) const {
  const std::uint32_t token = bits & added::kIdMask;
  if constexpr (features::kNormalizer) {
    const std::uint32_t *texts = added_texts();
    if (texts != nullptr && texts[2 * place] != format::added_text::kOwn) {
      const std::uint32_t bytes = bits >> added::kBytesShift & added::kBytesMask;
      const auto *data = reinterpret_cast<const char *>(normalizer_data());
      const std::uint64_t end = std::uint64_t{texts[2 * place]} + bytes;
      return {data + (end <= std::uint64_t{header_.normalizer_data.count} * 4 ? texts[2 * place] : 0),
              end <= std::uint64_t{header_.normalizer_data.count} * 4 ? bytes : 0};
    }
  }
  const Bytes all = text(token < header_.token_count ? token : 0);
  if constexpr (features::kStoresBlanks) return behind({all.data, 0}, all);
  return all;
}

// The texts are in order, so the longest match is the last text that does not come after the data, or one of those that
// this text begins with, which are linked from the longest to the shortest.
Tables::Match Tables::added_at(const char *data, std::uint32_t size, std::uint32_t mask, std::uint32_t want) const {
  const auto *table = reinterpret_cast<const AddedToken *>(section_ + header_.added.offset);
  const std::uint32_t *first = u32(header_.added_first) + static_cast<unsigned char>(data[0]);
  std::uint32_t low = first[0] & added::kPlaceMask;
  std::uint32_t high = first[1] & added::kPlaceMask;
  if (high > header_.added.count) high = header_.added.count;
  std::uint32_t at = added::kNoNext;
  Bytes last{data, 0};
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const Bytes piece = added_text(middle, table[middle].bits);
    const std::uint32_t shorter = piece.size < size ? piece.size : size;
    const int order = __builtin_memcmp(piece.data, data, shorter);
    if (order > 0 || (order == 0 && piece.size > size)) {
      high = middle;
    } else {
      low = middle + 1;
      at = middle;
      last = piece;
    }
  }
  std::uint32_t common = 0;
  while (common < last.size && common < size && last.data[common] == data[common]) ++common;
  for (std::uint32_t links = 0; links < kMaxAddedLinks && at < header_.added.count; ++links, at = table[at].next) {
    const std::uint32_t bits = table[at].bits;
    const std::uint32_t bytes = bits >> added::kBytesShift & added::kBytesMask;
    if (bytes <= common && (bits & mask) == want) {
      const std::uint32_t token = checked(bits & added::kIdMask);
      Match match{token, token == kNoToken ? 0 : bytes};
#if TIDBIT_FEATURE_NORMALIZER
      if (const std::uint32_t *texts = added_texts(); texts != nullptr) match.options = texts[2 * at + 1];
#endif
      return match;
    }
  }
  return {kNoToken, 0};
}

}  // namespace tidbit
