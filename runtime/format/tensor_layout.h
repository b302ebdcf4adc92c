// Where each element of a tensor lies: sizes and offsets of the layouts, for readers and writers alike.
//
// tile16: rows are cut into tiles of 16; the last tile is padded with rows of zeros. With kc = cols rounded up to 4
// (padded with zeros) and groups = ceil(cols / group):
//   f32, f16   [tile][cols][16 rows]
//   q8         [tile] { f16 scale [groups][16 rows], zeros up to a multiple of 64 bytes;
//                       int8 code [kc / 4][16 rows][4] }
// so that 4 consecutive codes of a row are one 32-bit word and the 16 words of a tile one 64-byte line.
#pragma once

#include "format/blob_format.h"

namespace tidbit::format {

inline constexpr std::uint32_t kTileRows = 16;
inline constexpr std::uint32_t kDefaultGroup = 128;
inline constexpr std::uint32_t kMaxGroup = 256;  // keeps a group's int32 sum exact as a float: 256 * 127^2 < 2^24

static constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t to) { return (n + to - 1) / to * to; }
static constexpr std::uint64_t ceil_div(std::uint64_t n, std::uint64_t by) { return (n + by - 1) / by; }

static constexpr std::uint64_t tile_count(std::uint64_t rows) { return ceil_div(rows, kTileRows); }

// Bytes of the scales at the head of a q8 tile, padding included.
static constexpr std::uint64_t q8_scale_bytes(std::uint64_t cols, std::uint64_t group) {
  return round_up(ceil_div(cols, group) * kTileRows * 2, kAlignment);
}

static constexpr std::uint64_t q8_tile_bytes(std::uint64_t cols, std::uint64_t group) {
  return q8_scale_bytes(cols, group) + round_up(cols, 4) * kTileRows;
}

static constexpr std::uint64_t element_bytes(Dtype dtype) { return dtype == Dtype::f32 ? 4 : dtype == Dtype::f16 ? 2 : 1; }

static constexpr std::uint64_t tile_bytes(Dtype dtype, std::uint64_t cols, std::uint64_t group) {
  return dtype == Dtype::q8 ? q8_tile_bytes(cols, group) : cols * kTileRows * element_bytes(dtype);
}

static constexpr std::uint64_t tensor_bytes(Dtype dtype, Layout layout, std::uint64_t rows, std::uint64_t cols,
                                     std::uint64_t group) {
  if (layout == Layout::plain) return rows * cols * element_bytes(dtype);
  return tile_count(rows) * tile_bytes(dtype, cols, group);
}

// Offset in elements of (row, col) inside an f32 or f16 tile, in bytes inside the codes of a q8 tile.
static constexpr std::uint64_t tile_element(std::uint32_t row, std::uint64_t col) { return col * kTileRows + row; }
static constexpr std::uint64_t q8_code(std::uint32_t row, std::uint64_t col) {
  return col / 4 * (std::uint64_t{kTileRows} * 4) + std::uint64_t{row} * 4 + col % 4;
}

}  // namespace tidbit::format
