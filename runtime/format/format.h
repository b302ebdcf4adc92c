// The number formats of weights and KV caches, and what all matrices have in common: tiles of 16 rows.
//
// A matrix [rows][cols] is cut into tiles of 16 rows; the last tile is padded with rows of zeros. The layout of a tile
// depends on the format: see floats.h, q8.h and few_bits.h. Lookup tables and vectors are plain rows.
#pragma once

#include "base/types.h"
#include "tidbit/tidbit.h"

namespace tidbit::format {

// The values are part of the blob's format. A KV cache can be f32, f16 or q8. A format that no code names has no
// enumerator here: its file says Format{TIDBIT_...}.
enum class Format : std::uint8_t {
  f32 = TIDBIT_F32,
  f16 = TIDBIT_F16,
  q8 = TIDBIT_Q8,
  q4 = TIDBIT_Q4,
  q8x16 = TIDBIT_Q8X16,
};
inline constexpr std::uint32_t kFormats = TIDBIT_FORMAT_COUNT;
inline constexpr std::uint32_t kKvFormats = 3;

inline constexpr std::uint32_t kAlignment = TIDBIT_ALIGNMENT;
inline constexpr std::uint32_t kTileRows = 16;

// Consecutive codes of a row share an f16 scale. A group consists of whole pairs of blocks. It has at most 256 codes,
// so that its int32 sum is exact as a float: 256 * 127 * 127 < 2^24.
inline constexpr std::uint32_t kDefaultGroup = 128;
inline constexpr std::uint32_t kMaxGroup = 256;
inline constexpr std::uint32_t kBlock = 32;
inline constexpr std::uint32_t kPair = 2 * kBlock;

// Sizes of a row and of a tile fit 32 bits, within the limits of blob_format.h; those of a matrix need 64.
template <class Unsigned>
static constexpr Unsigned round_up(Unsigned n, std::uint32_t to) {
  return (n + to - 1) / to * to;
}
static constexpr std::uint32_t ceil_div(std::uint32_t n, std::uint32_t by) { return (n + by - 1) / by; }

static constexpr std::uint32_t tile_count(std::uint32_t rows) { return ceil_div(rows, kTileRows); }
static constexpr std::uint32_t block_count(std::uint32_t cols) { return ceil_div(cols, kBlock); }

// Offset, in elements, of (row, col) in the part of a tile that is [col][16 rows].
static constexpr std::uint32_t tile_element(std::uint32_t row, std::uint32_t col) { return col * kTileRows + row; }

// What a matrix is multiplied by.
enum class Input : std::uint8_t {
  floats,
  codes,             // activations quantized in the groups of the matrix
  reorderable_codes  // the same, possibly in an order of the kernel table's choice (Kernels::quantize_rows)
};

// One row of a tile.
struct TileRow {
  const std::byte *tile;
  std::uint32_t row;  // 0 to 15
  std::uint32_t cols;
  std::uint32_t group;
};

}  // namespace tidbit::format
