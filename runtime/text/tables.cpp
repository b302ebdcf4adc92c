#include "text/tables.h"

#include "base/assert.h"
#include "format/blob_format.h"

namespace tidbit {

using namespace format;

Bytes Tables::text(std::uint32_t token) const {
  TIDBIT_ASSERT(token < header_.token_count);
  const std::uint32_t begin = u32(header_.text_offsets)[token];
  const std::uint32_t end = u32(header_.text_offsets)[token + 1];
  if (begin > end || end > header_.text.count || end - begin > kMaxPieceBytes) return {nullptr, 0};
  return {reinterpret_cast<const char *>(section_ + header_.text.offset + begin), end - begin};
}

static bool same(const char *a, const char *b, std::uint32_t size) {
  for (std::uint32_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

std::uint32_t Tables::find(const char *data, std::uint32_t size) const {
  if (size > header_.longest_piece) return kNoToken;
  const std::uint32_t hash = piece_hash(data, size);
  const std::uint32_t tag = piece_tag(hash);
  const std::uint32_t slots = header_.piece_slots.count;
  std::uint32_t slot = first_slot(hash, slots);
  for (std::uint32_t probe = 0; probe < header_.piece_probes; ++probe) {
    const std::uint32_t entry = u32(header_.piece_slots)[slot];
    if (entry == kEmptyPieceSlot) return kNoToken;
    const std::uint32_t token = entry & (kMaxTokens - 1);
    if (entry >> 20 == tag && token < header_.token_count) {
      const Bytes piece = text(token);
      if (piece.size == size && same(piece.data, data, size)) return token;
    }
    if (++slot == slots) slot = 0;
  }
  return kNoToken;
}

std::uint32_t Tables::byte_token(unsigned char byte) const { return checked(u32(header_.byte_tokens)[byte]); }

std::uint32_t Tables::pair_rank(std::uint32_t left, std::uint32_t right) const {
  const auto *table = reinterpret_cast<const std::uint64_t *>(section_ + header_.merge_slots.offset);
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

std::uint32_t Tables::added_at(const char *data, std::uint32_t size, std::uint32_t mask, std::uint32_t want) const {
  const unsigned char byte = static_cast<unsigned char>(data[0]);
  const std::uint32_t second = size > 1 ? static_cast<unsigned char>(data[1]) : 0x100u;
  std::uint32_t i = u32(header_.added_first)[byte];
  std::uint32_t end = u32(header_.added_first)[byte + 1];
  if (end > header_.added.count) end = header_.added.count;
  for (; i < end; ++i) {
    const std::uint32_t entry = u32(header_.added)[i];
    if ((entry & added::kHasSecond) != 0 && (entry >> added::kSecondShift & 0xFF) != second) continue;
    const std::uint32_t token = checked(entry & added::kIdMask);
    if ((entry & mask) != want || token == kNoToken) continue;
    const Bytes piece = text(token);
    if (piece.size > 0 && piece.size <= size && same(piece.data, data, piece.size)) return token;
  }
  return kNoToken;
}

}  // namespace tidbit
