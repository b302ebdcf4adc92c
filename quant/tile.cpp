#include "quant/tile.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "base/arith.h"
#include "quant/q4.h"
#include "quant/q8.h"

namespace tidbit::quant {
namespace {

using format::Dtype;
using format::kTileRows;
using format::Layout;

static_assert(std::endian::native == std::endian::little,
              "blobs are little-endian; so must be the machine that writes them");

void store_half(std::byte *at, float value) {
  const std::uint16_t half = float_to_half(value);
  std::memcpy(at, &half, 2);
}

float load_half(const std::byte *at) {
  std::uint16_t half;
  std::memcpy(&half, at, 2);
  return half_to_float(half);
}

void store(Dtype dtype, std::byte *out, std::uint64_t element, float value) {
  if (dtype == Dtype::f32) {
    std::memcpy(out + element * 4, &value, 4);
  } else {
    store_half(out + element * 2, value);
  }
}

float load(Dtype dtype, const std::byte *in, std::uint64_t element) {
  if (dtype == Dtype::f16) return load_half(in + element * 2);
  float value;
  std::memcpy(&value, in + element * 4, 4);
  return value;
}

// One row of a q8 tile: scale [group][16], then codes [col / run][16][run].
template <Layout layout>
void pack_q8_row(const float *x, std::uint32_t row, std::uint32_t cols, std::uint32_t group, std::byte *tile) {
  std::int8_t codes[format::kMaxGroup];
  std::byte *code_bytes = tile + format::q8_scale_bytes(cols, group);
  for (std::uint32_t first = 0; first < cols; first += group) {
    const std::uint32_t count = std::min(group, cols - first);
    const std::uint16_t scale = quantize_group(x + first, count, codes);
    std::memcpy(tile + (first / group * kTileRows + row) * 2, &scale, 2);
    for (std::uint32_t i = 0; i < count; ++i) {
      code_bytes[format::q8_code<layout>(row, first + i)] = static_cast<std::byte>(codes[i]);
    }
  }
}

template <Layout layout>
void unpack_q8_row(const std::byte *tile, std::uint32_t row, std::uint32_t cols, std::uint32_t group, float *x) {
  const std::byte *code_bytes = tile + format::q8_scale_bytes(cols, group);
  for (std::uint32_t first = 0; first < cols; first += group) {
    const std::uint32_t end = std::min(first + group, cols);
    const float scale = load_half(tile + (first / group * kTileRows + row) * 2);
    for (std::uint32_t col = first; col < end; ++col) {
      x[col] = scale * static_cast<float>(static_cast<std::int8_t>(code_bytes[format::q8_code<layout>(row, col)]));
    }
  }
}

// One row of a q4 tile: scale [group][16], fine [block][16], then pairs of codes [col / 8][16][4].
void pack_q4_row(const float *x, std::uint32_t row, std::uint32_t cols, std::uint32_t group, std::byte *tile) {
  std::uint8_t codes[format::kMaxGroup], fine[format::kMaxGroup / format::kBlock];
  std::byte *fine_bytes = tile + format::q4_scale_bytes(cols, group);
  std::byte *code_bytes = tile + format::q4_head_bytes(cols, group);
  for (std::uint32_t first = 0; first < cols; first += group) {
    const std::uint32_t count = std::min(group, cols - first);
    const std::uint16_t scale = quantize_group_q4(x + first, count, codes, fine);
    std::memcpy(tile + (first / group * kTileRows + row) * 2, &scale, 2);
    for (std::uint32_t b = 0; b < format::block_count(count); ++b) {
      fine_bytes[(first / format::kBlock + b) * kTileRows + row] = static_cast<std::byte>(fine[b]);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t col = first + i;
      code_bytes[format::q4_code_byte(row, col)] |= static_cast<std::byte>(codes[i] << format::q4_nibble(col));
    }
  }
}

void unpack_q4_row(const std::byte *tile, std::uint32_t row, std::uint32_t cols, std::uint32_t group, float *x) {
  const std::byte *fine_bytes = tile + format::q4_scale_bytes(cols, group);
  const std::byte *code_bytes = tile + format::q4_head_bytes(cols, group);
  for (std::uint32_t col = 0; col < cols; ++col) {
    const auto code =
        static_cast<std::int32_t>(code_bytes[format::q4_code_byte(row, col)] >> format::q4_nibble(col)) & 15;
    const auto fine = static_cast<std::uint8_t>(fine_bytes[col / format::kBlock * kTileRows + row]);
    x[col] = load_half(tile + (col / group * kTileRows + row) * 2) * static_cast<float>(format::q4_weight(fine, code));
  }
}

}  // namespace

float largest_value(Dtype dtype) {
  if (dtype == Dtype::f32) return 0x1.fffffep127f;
  if (dtype == Dtype::f16) return 65504.0f;
  return dtype == Dtype::q8 ? kQ8Largest : kQ4Largest;
}

void pack_tile(Dtype dtype, Layout layout, const float *rows, std::uint32_t count, std::uint32_t cols,
               std::uint32_t group, std::byte *tile) {
  std::memset(tile, 0, format::tile_bytes(dtype, layout, cols, group));
  for (std::uint32_t row = 0; row < count; ++row) {
    const float *x = rows + std::uint64_t{row} * cols;
    if (dtype == Dtype::q8 && layout == Layout::tile16x16) {
      pack_q8_row<Layout::tile16x16>(x, row, cols, group, tile);
    } else if (dtype == Dtype::q8) {
      pack_q8_row<Layout::tile16>(x, row, cols, group, tile);
    } else if (dtype == Dtype::q4) {
      pack_q4_row(x, row, cols, group, tile);
    } else {
      for (std::uint32_t col = 0; col < cols; ++col) store(dtype, tile, format::tile_element(row, col), x[col]);
    }
  }
}

void unpack_tile(Dtype dtype, Layout layout, const std::byte *tile, std::uint32_t count, std::uint32_t cols,
                 std::uint32_t group, float *rows) {
  for (std::uint32_t row = 0; row < count; ++row) {
    float *x = rows + std::uint64_t{row} * cols;
    if (dtype == Dtype::q8 && layout == Layout::tile16x16) {
      unpack_q8_row<Layout::tile16x16>(tile, row, cols, group, x);
    } else if (dtype == Dtype::q8) {
      unpack_q8_row<Layout::tile16>(tile, row, cols, group, x);
    } else if (dtype == Dtype::q4) {
      unpack_q4_row(tile, row, cols, group, x);
    } else {
      for (std::uint32_t col = 0; col < cols; ++col) x[col] = load(dtype, tile, format::tile_element(row, col));
    }
  }
}

void pack_plain(Dtype dtype, const float *values, std::uint64_t count, std::byte *out) {
  for (std::uint64_t i = 0; i < count; ++i) store(dtype, out, i, values[i]);
}

void unpack_plain(Dtype dtype, const std::byte *in, std::uint64_t count, float *values) {
  for (std::uint64_t i = 0; i < count; ++i) values[i] = load(dtype, in, i);
}

}  // namespace tidbit::quant
