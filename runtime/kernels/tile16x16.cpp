// Products with q8 matrices in the layout for Helium, on any other CPU: row after row, to give the same bits and no
// more.
#include "base/arith.h"
#include "kernels/kernels.h"

namespace tidbit {
namespace {

constexpr format::Layout kLayout = format::Layout::tile16x16;

// One row of a tile with the activations of one token.
float row_times(const Matmul &m, const std::byte *tile, std::uint32_t row, const std::int8_t *x,
                const float *x_scales) {
  const auto *codes = reinterpret_cast<const std::int8_t *>(tile + format::q8_scale_bytes(m.cols, m.group));
  const auto *scales = reinterpret_cast<const std::uint16_t *>(tile);
  float acc = 0;
  std::uint32_t k = 0;
  for (std::uint32_t g = 0; k < m.cols; ++g) {
    const std::uint32_t end = m.cols - k < m.group ? m.cols : k + m.group;
    std::int32_t sum = 0;
    for (; k < end; ++k) sum += codes[format::q8_code<kLayout>(row, k)] * x[k];
    const float scale = half_to_float(scales[format::tile_element(row, g)]) * x_scales[g];
    acc = fma(static_cast<float>(sum), scale, acc);
  }
  return acc;
}

}  // namespace

void matmul_q8_16x16_plain(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
  const auto tile_bytes = static_cast<std::size_t>(format::q8_tile_bytes(kLayout, m.cols, m.group));
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

}  // namespace tidbit
