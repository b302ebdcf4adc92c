#include "converter/blob/row_reader.h"

#include <algorithm>
#include <cmath>

#include "converter/error.h"
#include "format/format.h"

namespace tidbit::convert {
namespace {

// Row r of the blob is column r of the checkpoint, so [first, first + count) is read from each stored row.
void read_columns(const RowSource &source, std::uint32_t first, std::uint32_t count, std::uint32_t cols, float *out) {
  const std::uint64_t stored_cols = source.stored->shape.at(1);
  std::vector<float> piece(std::uint64_t{count - 1} * source.step + 1);
  for (std::uint32_t col = 0; col < cols; ++col) {
    const std::uint64_t at = source.first + std::uint64_t{first} * source.step;
    read_elements(*source.stored, col * stored_cols + at, piece.size(), piece.data());
    for (std::uint32_t row = 0; row < count; ++row) out[std::uint64_t{row} * cols + col] = piece[row * source.step];
  }
}

// Which row of the heads becomes row `row`: i comes from 2i, and i + half from 2i + 1.
std::uint32_t apart(const RowSource &source, std::uint32_t row) {
  if (source.head == 0) return row;
  const std::uint32_t channel = row % source.head, half = source.turned / 2;
  if (channel >= source.turned) return row;
  return row - channel + (channel < half ? 2 * channel : 2 * (channel - half) + 1);
}

void read_single_rows(const RowSource &source, std::uint32_t first, std::uint32_t count, std::uint32_t cols,
                      float *out) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t row = source.first + std::uint64_t{apart(source, first + i)} * source.step;
    read_elements(*source.stored, row * cols, cols, out + std::uint64_t{i} * cols);
  }
}

void read_source(const RowSource &source, std::uint32_t first, std::uint32_t count, std::uint32_t cols, float *out) {
  if (source.stored == nullptr) {
    for (std::uint32_t i = 0; i < count; ++i) source.compute(first + i, out + std::uint64_t{i} * cols);
  } else if (source.transposed) {
    read_columns(source, first, count, cols, out);
  } else if (source.head != 0 || source.step != 1) {
    read_single_rows(source, first, count, cols, out);
  } else {
    read_elements(*source.stored, std::uint64_t{source.first + first} * cols, std::uint64_t{count} * cols, out);
  }
}

void check_finite(const TensorPlan &plan, const RowSource &source, std::uint64_t count, const float *values) {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (std::isfinite(values[i])) continue;
    const std::string what = std::isnan(values[i]) ? " holds NaN" : " holds an infinity";
    if (source.stored == nullptr) {
      throw ConvertError("the computed " + plan.name + what + ": a number of the configuration is too large or small");
    }
    throw ConvertError(source.stored->file->path().string() + ": tensor " + in_quotes(source.stored->name) + what);
  }
}

}  // namespace

std::uint32_t slice_rows(const TensorPlan &plan) {
  const std::uint64_t tiles = kSliceFloats / (std::uint64_t{plan.source_cols()} * format::kTileRows);
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(tiles, 1)) * format::kTileRows;
}

void read_rows(const TensorPlan &plan, std::uint32_t first, std::uint32_t count, float *out) {
  const std::uint32_t cols = plan.source_cols();
  std::uint32_t start = 0;  // of the source, in rows of the tensor
  for (const RowSource &source : plan.sources) {
    const std::uint32_t from = std::max(first, start), to = std::min(first + count, start + source.rows);
    if (from < to) {
      float *at = out + std::uint64_t{from - first} * cols;
      read_source(source, from - start, to - from, cols, at);
      if (source.map != nullptr) std::transform(at, at + std::uint64_t{to - from} * cols, at, source.map);
      check_finite(plan, source, std::uint64_t{to - from} * cols, at);
    }
    start += source.rows;
  }
}

}  // namespace tidbit::convert
