#include "converter/budget/weight_error.h"

#include <algorithm>

#include "base/features.h"
#include "converter/blob/blob_tables.h"
#include "converter/blob/row_reader.h"
#include "converter/parallel.h"
#include "format/formats.h"
#include "quant/hadamard.h"
#include "quant/tile.h"

namespace tidbit::convert {

using format::Format;
using format::kTileRows;

std::vector<float> rows_for(const TensorPlan &plan, std::uint32_t first, std::uint32_t count, Format format,
                            format::InputTransform transform) {
  std::vector<float> rows(std::uint64_t{count} * plan.cols);
  read_rows(plan, first, count, rows.data());
  if (transform_of(plan, format, transform) == format::InputTransform::hadamard) {
    in_parallel(count, [&](std::uint32_t i) {
      quant::transform_weights(rows.data() + std::uint64_t{i} * plan.cols, plan.cols);
    });
  }
  return rows;
}

void round_rows(Format format, std::uint32_t cols, std::uint32_t group, std::vector<float> &rows) {
  const auto count = static_cast<std::uint32_t>(rows.size() / cols);
  in_parallel(format::tile_count(count), [&](std::uint32_t i) {
    const std::uint32_t n = std::min(kTileRows, count - i * kTileRows);
    float *const at = rows.data() + std::uint64_t{i} * kTileRows * cols;
    std::vector<std::byte> tile(format::tile_bytes(format, cols, group));
    quant::pack_tile(format, at, n, cols, group, tile.data());
    quant::unpack_tile(format, tile.data(), n, cols, group, at);
  });
}

quant::ErrorMeasure sampled_error(const TensorPlan &plan, Format format, std::uint32_t group,
                                  format::InputTransform transform) {
  constexpr std::uint32_t kMostTiles = 16;
  const std::uint32_t tiles = format::tile_count(plan.rows), step = format::ceil_div(tiles, kMostTiles);
  quant::ErrorMeasure measure;
  for (std::uint32_t tile = 0; tile < tiles; tile += step) {
    const std::uint32_t first = tile * kTileRows;
    const std::vector<float> rows = rows_for(plan, first, std::min(kTileRows, plan.rows - first), format, transform);
    std::vector<float> stored = rows;
    round_rows(format, plan.cols, group, stored);
    measure.add(rows.data(), stored.data(), rows.size());
  }
  return measure;
}

std::vector<Format> candidate_formats() {
  std::vector<Format> built;
  for (const Format format : {format::Q2::format, format::Q3::format, Format::q4, format::Q5::format,
                              format::Q6::format, Format::q8, Format::f16}) {
    if (features::has_weights(format)) built.push_back(format);
  }
  return built;
}

std::uint64_t stored_bytes(const TensorPlan &plan, Format format, std::uint32_t group) {
  const std::uint64_t bytes = format::matrix_bytes(format, plan.rows, plan.cols, format::in_groups(format) ? group : 0);
  return format::round_up(bytes, format::kAlignment);
}

}  // namespace tidbit::convert
