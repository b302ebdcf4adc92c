// Codes of a few bits: an f16 scale per group, and per block of 32 columns a fine byte with a 4-bit scale and a 4-bit
// shift, both integers, so that a group's sum is an exact integer. A tile is
//   f16 scale [groups][16 rows]
//   fine byte [blocks][16 rows]: low nibble the block's scale (0 to 15), high nibble its shift (-8 to 7)
//   zeros up to a multiple of 64 bytes
//   codes, 16 rows * 32 columns * bits per block, packed as packing.h says
// The weight is  scale * (block scale * (code - zero) + unit * block shift).
#pragma once

#include "format/grouped.h"
#include "format/packing.h"

namespace tidbit::format {

// kBits per code; kUnit is the unit of a block's shift. The zero is the middle code.
template <std::uint32_t kBits, std::int32_t kUnit>
struct Blocks {
  static constexpr std::uint32_t bits = kBits;
  static constexpr std::int32_t zero = 1 << (kBits - 1);
  static constexpr std::int32_t shift_unit = kUnit;
  static constexpr std::uint32_t block_bytes = kTileRows * kBlock * kBits / 8;
  static constexpr bool has_fine = true;
  using Packing = PackedCodes<kBits>;

  // A group's integer sum is exact as a float.
  static_assert((15 * zero + 8 * kUnit) * 127 * static_cast<std::int32_t>(kMaxGroup) < 1 << 24);
  // The unit times the sum of a block's activations fits int16.
  static_assert(kUnit * 127 * static_cast<std::int32_t>(kBlock) < 1 << 15);

  [[gnu::always_inline]] static constexpr std::uint32_t head_bytes(std::uint32_t cols, std::uint32_t group) {
    return round_up(group_scale_bytes(cols, group) + block_count(cols) * kTileRows, kAlignment);
  }
  [[gnu::always_inline]] static constexpr std::uint32_t tile_bytes(std::uint32_t cols, std::uint32_t group) {
    return head_bytes(cols, group) + block_count(cols) * block_bytes;
  }

  [[gnu::always_inline]] static constexpr std::int32_t block_scale(std::uint8_t fine) { return fine & 15; }
  [[gnu::always_inline]] static constexpr std::int32_t block_shift(std::uint8_t fine) {
    return static_cast<std::int8_t>(fine) >> 4;
  }

  // The weight of a code, in units of the group's scale.
  [[gnu::always_inline]] static constexpr std::int32_t weight(std::uint8_t fine, std::int32_t code) {
    return block_scale(fine) * (code - zero) + kUnit * block_shift(fine);
  }

  [[gnu::always_inline]] static void read_row(const TileRow &r, float *out) {
    const auto *fine = reinterpret_cast<const std::uint8_t *>(r.tile + group_scale_bytes(r.cols, r.group));
    const std::byte *codes = r.tile + head_bytes(r.cols, r.group);
    read_grouped_row(r, out, [&](std::uint32_t k) {
      return weight(fine[tile_element(r.row, k / kBlock)], Packing::read(codes, r.row, k));
    });
  }
};

}  // namespace tidbit::format
