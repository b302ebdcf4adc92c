// Codes for weights that were trained with two or three values: -1, 0 or 1 (BitNet b1.58, Ma et al. 2024), or -1 or 1,
// times an f16 scale per group. They are stored exactly, in 2 or 1 bits and a scale for each group. A tile is
//   f16 scale [groups][16 rows], zeros up to a multiple of 64 bytes
//   codes, 16 rows * 32 columns * bits per block, packed as packing.h says
// The weight is  scale * (code - 1)  with codes 0, 1, 2. A single bit is the higher one of a code: 0 or 2.
#pragma once

#include "format/grouped.h"
#include "format/packing.h"

namespace tidbit::format {

template <tidbit_format kFormat, std::uint32_t kBits>
struct TrainedCodes {
  static constexpr Format format{kFormat};
  static constexpr const char *name = kBits == 1 ? "binary" : "ternary";
  static constexpr Input input = Input::codes;
  static constexpr std::uint32_t bits = kBits;
  static constexpr std::int32_t zero = 1;
  static constexpr std::uint32_t block_bytes = kTileRows * kBlock * kBits / 8;
  using Packing = PackedCodes<kBits, 2 - kBits>;

  // To products, a block has the fine byte of blocks.h for a scale of 1 and no shift.
  static constexpr bool has_fine = false;
  static constexpr std::uint8_t fine = 1;
  static constexpr std::int32_t shift_unit = 1;
  [[gnu::always_inline]] static constexpr std::int32_t block_scale(std::uint8_t) { return 1; }
  [[gnu::always_inline]] static constexpr std::int32_t block_shift(std::uint8_t) { return 0; }

  [[gnu::always_inline]] static constexpr std::uint32_t head_bytes(std::uint32_t cols, std::uint32_t group) {
    return round_up(group_scale_bytes(cols, group), kAlignment);
  }
  [[gnu::always_inline]] static constexpr std::uint32_t tile_bytes(std::uint32_t cols, std::uint32_t group) {
    return head_bytes(cols, group) + block_count(cols) * block_bytes;
  }

  [[gnu::always_inline]] static void read_row(const TileRow &r, float *out) {
    const std::byte *codes = r.tile + head_bytes(r.cols, r.group);
    read_grouped_row(r, out, [&](std::uint32_t k) { return Packing::read(codes, r.row, k) - zero; });
  }
};

using Ternary = TrainedCodes<TIDBIT_TERNARY, 2>;
using Binary = TrainedCodes<TIDBIT_BINARY, 1>;

}  // namespace tidbit::format
