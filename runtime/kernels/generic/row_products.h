// Products of q8x16 matrices on any CPU: row after row, to give the same bits and no more. (The layout is for Helium,
// whose table has its own product.)
#pragma once

#include "base/arith.h"
#include "format/q8.h"
#include "kernels/kernels.h"

namespace tidbit {

template <class L>
struct RowProduct {
  using Format = format::Q8x16;

  // One row of a tile with the activations of one token.
  static float row_times(const Matmul &m, const std::byte *tile, std::uint32_t row, const std::int8_t *x,
                         const float *x_scales) {
    const auto *codes = reinterpret_cast<const std::int8_t *>(tile + Format::head_bytes(m.cols, m.group));
    const auto *scales = reinterpret_cast<const std::uint16_t *>(tile);
    float acc = 0;
    std::uint32_t k = 0;
    for (std::uint32_t g = 0; k < m.cols; ++g) {
      const std::uint32_t end = m.cols - k < m.group ? m.cols : k + m.group;
      std::int32_t sum = 0;
      for (; k < end; ++k) sum += codes[Format::code_at(row, k)] * x[k];
      const float scale = half_to_float(scales[format::tile_element(row, g)]) * x_scales[g];
      acc = fma(static_cast<float>(sum), scale, acc);
    }
    return acc;
  }

  static void matmul(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
    const auto tile_bytes = static_cast<std::size_t>(Format::tile_bytes(m.cols, m.group));
    const std::uint32_t first = begin * format::kTileRows, last = end * format::kTileRows;
    for (std::uint32_t token = 0; token < m.tokens; ++token) {
      const std::int8_t *x = m.q.codes + token * m.q.code_stride;
      const float *x_scales = m.q.scales + token * m.q.group_stride;
      for (std::uint32_t row = first; row < last && row < m.rows; ++row) {
        const std::byte *tile = m.weights + row / format::kTileRows * tile_bytes;
        m.y[token * m.y_stride + row] = row_times(m, tile, row % format::kTileRows, x, x_scales);
      }
    }
  }
};

}  // namespace tidbit
