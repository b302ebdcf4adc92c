// The number formats of weights and KV caches, and what all matrices have in common: tiles of 16 rows.
//
// A matrix [rows][cols] is cut into tiles of 16 rows; the last tile is padded with rows of zeros. How a tile holds its
// numbers is the format's own business: f32.h, q8.h, q4.h and so on. Lookup tables and vectors are plain rows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tidbit/tidbit.h"

namespace tidbit::format {

// The values are part of the blob's format; f32, f16 and q8 are those that a KV cache can have.
enum class Format : std::uint8_t {
  f32 = TIDBIT_F32,
  f16 = TIDBIT_F16,
  q8 = TIDBIT_Q8,
  q4 = TIDBIT_Q4,
  q8x16 = TIDBIT_Q8X16,
};
inline constexpr std::uint32_t kFormats = TIDBIT_FORMAT_COUNT;
inline constexpr std::uint32_t kKvFormats = 3;

inline constexpr std::uint64_t kAlignment = TIDBIT_ALIGNMENT;
inline constexpr std::uint32_t kTileRows = 16;

// Codes along a row that share an f16 scale. Groups consist of whole pairs of blocks; at most 256 codes keep a group's
// int32 sum exact as a float: 256 * 127 * 127 < 2^24.
inline constexpr std::uint32_t kDefaultGroup = 128;
inline constexpr std::uint32_t kMaxGroup = 256;
inline constexpr std::uint32_t kBlock = 32;
inline constexpr std::uint32_t kPair = 2 * kBlock;

static constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t to) { return (n + to - 1) / to * to; }
static constexpr std::uint64_t ceil_div(std::uint64_t n, std::uint64_t by) {
  if ((n | by) >> 32 != 0) return n / by + (n % by != 0 ? 1 : 0);
  const auto a = static_cast<std::uint32_t>(n), b = static_cast<std::uint32_t>(by);  // 64-bit division is slow on Arm
  return a / b + (a % b != 0 ? 1 : 0);
}

static constexpr std::uint64_t tile_count(std::uint64_t rows) { return ceil_div(rows, kTileRows); }
static constexpr std::uint64_t block_count(std::uint64_t cols) { return ceil_div(cols, kBlock); }

// Offset, in elements, of (row, col) in the part of a tile that is [col][16 rows].
static constexpr std::uint64_t tile_element(std::uint32_t row, std::uint64_t col) { return col * kTileRows + row; }

// What a matrix is multiplied with.
enum class Input : std::uint8_t {
  floats,
  codes,             // activations quantized in the matrix's groups
  reorderable_codes  // the same, in the order that the kernel table likes best (Kernels::quantize_rows)
};

// One row of a tile.
struct TileRow {
  const std::byte *tile;
  std::uint32_t row;  // 0 to 15
  std::uint32_t cols;
  std::uint32_t group;
};

}  // namespace tidbit::format
