#include "model/linear.h"

#include "base/features.h"
#include "format/formats.h"

namespace tidbit {

void quantize_for(const TokenSlice &slice, const format::Tensor &w, const Rows &x) {
  if (w.group == 0) return;
  const Kernels &k = *slice.s.kernels;
  const std::uint32_t first = slice.tokens.begin, count = slice.tokens.count();
  const QuantizedRows q = slice.s.memory.activations.quantized.from(first);
  if (format::input_of(w.format) == format::Input::reorderable_codes && k.quantize_rows != nullptr) {
    return k.quantize_rows(x[first], x.stride, count, w.cols, w.group, w.transform, q);
  }
  const bool transformed = features::kHadamard && w.transform == format::InputTransform::hadamard;
  const auto quantize = transformed ? k.quantize_transformed : k.quantize;
  const std::uint64_t work = std::uint64_t{w.cols} * kActivationWork;
  for (std::uint32_t t = 0; t < count && pace(slice.s, work); ++t) {
    const QuantizedRows row = q.from(t);
    quantize(x[first + t], w.cols, w.group, row.codes, row.scales, row.sums);
  }
}

void multiply(const TokenSlice &slice, const format::Tensor &w, const float *bias, Range tiles, const Rows &x,
              const Rows &y) {
  Session &s = slice.s;
  const std::uint32_t first = slice.tokens.begin, count = slice.tokens.count();
  const std::uint32_t row = tiles.begin * format::kTileRows, end_row = tiles.end * format::kTileRows;
  const std::uint32_t tile_bytes = format::tile_bytes(w.format, w.cols, w.group);
  const Matmul m{.weights = s.model.data(w) + std::uint64_t{tiles.begin} * tile_bytes,
                 .rows = (end_row < w.rows ? end_row : w.rows) - row,
                 .cols = w.cols,
                 .group = w.group,
                 .tokens = count,
                 .x = x[first],
                 .x_stride = x.stride,
                 .q = s.memory.activations.quantized.from(first),
                 .y = y[first],
                 .y_stride = y.stride};
  const auto matmul = s.kernels->matmul[static_cast<std::uint32_t>(w.format)];
  const std::uint64_t work = std::uint64_t{tile_bytes} * tiles.count() * count * (w.group == 0 ? kFloatWork : 1);
  const std::uint32_t parts = slice.split_rows || s.poll_work != 0 ? part_count(s, tiles.count(), work) : 1;
  parallel(s, parts, work, [&](std::uint32_t i) {
    const Range range = range_of(tiles.count(), parts, i);
    matmul(m, range.begin, range.end);
  });
  if (bias != nullptr) slice.each_token([&](std::uint32_t t) { s.kernels->add(y[t], bias + row, m.rows); });
}

void apply(const TokenSlice &slice, const format::Tensor &w, const float *bias, const Rows &x, const Rows &y) {
  quantize_for(slice, w, x);
  multiply(slice, w, bias, all_tiles(w), x, y);
}

}  // namespace tidbit
