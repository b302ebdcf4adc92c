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
  std::vector<float> piece(count);
  for (std::uint32_t col = 0; col < cols; ++col) {
    read_elements(*source.stored, col * stored_cols + source.first + first, count, piece.data());
    for (std::uint32_t row = 0; row < count; ++row) out[std::uint64_t{row} * cols + col] = piece[row];
  }
}

// Rows 2i and 2i + 1 of a head become rows i and i + half.
void read_pairs(const RowSource &source, std::uint32_t first, std::uint32_t count, std::uint32_t cols, float *out) {
  const std::uint32_t head_dim = source.pairs_of, half = head_dim / 2;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t row = first + i, channel = row % head_dim;
    const std::uint32_t from = row - channel + (channel < half ? 2 * channel : 2 * (channel - half) + 1);
    read_elements(*source.stored, std::uint64_t{source.first + from} * cols, cols, out + std::uint64_t{i} * cols);
  }
}

void read_source(const RowSource &source, std::uint32_t first, std::uint32_t count, std::uint32_t cols, float *out) {
  if (source.stored == nullptr) {
    for (std::uint32_t i = 0; i < count; ++i) source.compute(first + i, out + std::uint64_t{i} * cols);
  } else if (source.transposed) {
    read_columns(source, first, count, cols, out);
  } else if (source.pairs_of != 0) {
    read_pairs(source, first, count, cols, out);
  } else {
    read_elements(*source.stored, std::uint64_t{source.first + first} * cols, std::uint64_t{count} * cols, out);
  }
}

void check_finite(const RowSource &source, std::uint64_t count, const float *values) {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (std::isfinite(values[i])) continue;
    const std::string name = source.stored != nullptr ? source.stored->name : "computed";
    const std::string file = source.stored != nullptr ? source.stored->file->path().string() + ": " : "";
    throw ConvertError(file + "tensor " + in_quotes(name) + " holds " +
                       (std::isnan(values[i]) ? "NaN" : "an infinity"));
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
      check_finite(source, std::uint64_t{to - from} * cols, at);
    }
    start += source.rows;
  }
}

}  // namespace tidbit::convert
