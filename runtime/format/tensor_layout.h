// Where each element of a tensor lies: sizes and offsets of the layouts, for readers and writers alike.
//
// tile16: rows are cut into tiles of 16; the last tile is padded with rows of zeros. With kc = cols rounded up to 4
// (padded with zeros) and groups = ceil(cols / group):
//   f32, f16   [tile][cols][16 rows]
//   q8         [tile] { f16 scale [groups][16 rows], zeros up to a multiple of 64 bytes;
//                       int8 code [kc / 4][16 rows][4] }
//   q4         [tile] { f16 scale [groups][16 rows], fine [blocks][16 rows], zeros up to a multiple of 64 bytes;
//                       code pairs [blocks][4][16 rows][4] }    blocks of 32 columns, padded with zeros
// so that 4 consecutive codes of a row are one 32-bit word and the 16 words of a tile one 64-byte line.
//
// tile16x16: tile16 of q8 with kc = cols rounded up to 16 and int8 code [kc / 16][16 rows][16].
#pragma once

#include "format/blob_format.h"
#include "format/format.h"

namespace tidbit::format {

// Bytes of the scales at the head of a q8 tile, padding included.
static constexpr std::uint64_t q8_scale_bytes(std::uint64_t cols, std::uint64_t group) {
  return round_up(ceil_div(cols, group) * kTileRows * 2, kAlignment);
}

// Consecutive codes of a row in a q8 tile.
static constexpr std::uint32_t q8_run(Layout layout) { return layout == Layout::tile16x16 ? 16 : 4; }

static constexpr std::uint64_t q8_tile_bytes(Layout layout, std::uint64_t cols, std::uint64_t group) {
  const std::uint64_t columns = q8_run(layout) == 16 ? round_up(cols, 16) : round_up(cols, 4);  // no division
  return q8_scale_bytes(cols, group) + columns * kTileRows;
}


// q4: 16 f16 scales a group, then 16 fine bytes a block (low nibble: the block's scale, 0 to 15; high nibble: its
// shift, -8 to 7).
static constexpr std::uint64_t q4_scale_bytes(std::uint64_t cols, std::uint64_t group) {
  return ceil_div(cols, group) * kTileRows * 2;
}
static constexpr std::uint64_t q4_head_bytes(std::uint64_t cols, std::uint64_t group) {
  return round_up(q4_scale_bytes(cols, group) + block_count(cols) * kTileRows, kAlignment);
}
static constexpr std::uint64_t q4_tile_bytes(std::uint64_t cols, std::uint64_t group) {
  return q4_head_bytes(cols, group) + block_count(cols) * kTileRows * kBlock / 2;
}

// What a code (0 to 15) of a q4 block stands for, in units of the group's scale. At most 15 * 8 + 48 in magnitude, so
// that a group's int32 sum is exact as a float: 256 * 168 * 127 < 2^24.
inline constexpr std::int32_t kQ4Zero = 8, kQ4Shift = 6;
static constexpr std::int32_t q4_weight(std::uint8_t fine, std::int32_t code) {
  const std::int32_t scale = fine & 15, shift = static_cast<std::int8_t>(fine) >> 4;
  return scale * (code - kQ4Zero) + kQ4Shift * shift;
}

static constexpr std::uint64_t element_bytes(Dtype dtype) {
  return dtype == Dtype::f32 ? 4 : dtype == Dtype::f16 ? 2 : 1;
}

static constexpr std::uint64_t tile_bytes(Dtype dtype, Layout layout, std::uint64_t cols, std::uint64_t group) {
  if (dtype == Dtype::q4) return q4_tile_bytes(cols, group);
  return dtype == Dtype::q8 ? q8_tile_bytes(layout, cols, group) : cols * kTileRows * element_bytes(dtype);
}

static constexpr std::uint64_t tensor_bytes(Dtype dtype, Layout layout, std::uint64_t rows, std::uint64_t cols,
                                            std::uint64_t group) {
  if (layout == Layout::plain) return rows * cols * element_bytes(dtype);
  return tile_count(rows) * tile_bytes(dtype, layout, cols, group);
}

// Offset in elements of (row, col) inside an f32 or f16 tile, in bytes inside the codes of a q8 tile.
template <Layout layout>
static constexpr std::uint64_t q8_code(std::uint32_t row, std::uint64_t col) {
  constexpr std::uint64_t kRun = q8_run(layout);
  return col / kRun * (kTileRows * kRun) + row * kRun + col % kRun;
}

// Of q4: the byte among a tile's codes; columns k and k + 4 share it, as its low and its high nibble.
static constexpr std::uint64_t q4_code_byte(std::uint32_t row, std::uint64_t col) {
  return col / 8 * (std::uint64_t{kTileRows} * 4) + std::uint64_t{row} * 4 + col % 4;
}
static constexpr std::uint32_t q4_nibble(std::uint64_t col) { return col % 8 >= 4 ? 4 : 0; }  // bits to shift by

}  // namespace tidbit::format
