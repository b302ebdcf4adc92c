#include "converter/report/alternatives.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/features.h"
#include "converter/blob/row_reader.h"
#include "converter/budget/weight_error.h"
#include "converter/parallel.h"
#include "format/formats.h"
#include "quant/hadamard.h"
#include "quant/tile.h"

namespace tidbit::convert {
namespace {

using format::Format;
using format::kTileRows;

constexpr std::uint64_t kMostSampled = std::uint64_t{1} << 18;  // weights of a matrix that are rounded to each format

// Tiles of a matrix, at equal distances.
struct Sample {
  std::uint32_t cols = 0;
  std::vector<std::uint32_t> counts = {};  // rows of each tile
  std::vector<float> rows = {};            // of kTileRows per tile
  bool whole = true;

  const float *tile(std::uint32_t i) const { return rows.data() + std::uint64_t{i} * kTileRows * cols; }
};

Sample read_sample(const TensorPlan &plan) {
  const std::uint32_t tiles = format::tile_count(plan.rows);
  const std::uint64_t most = std::max<std::uint64_t>(kMostSampled / (std::uint64_t{plan.cols} * kTileRows), 1);
  const auto taken = static_cast<std::uint32_t>(std::min<std::uint64_t>(tiles, most));
  Sample sample = {.cols = plan.cols, .whole = taken == tiles};
  sample.rows.resize(std::uint64_t{taken} * kTileRows * plan.cols);
  for (std::uint32_t i = 0; i < taken; ++i) {
    const auto first = static_cast<std::uint32_t>(std::uint64_t{i} * tiles / taken * kTileRows);
    sample.counts.push_back(std::min(kTileRows, plan.rows - first));
    read_rows(plan, first, sample.counts.back(), sample.rows.data() + std::uint64_t{i} * kTileRows * plan.cols);
  }
  return sample;
}

quant::ErrorMeasure round_tile(const Sample &sample, std::uint32_t index, Format format, std::uint32_t group,
                               bool transformed) {
  const std::uint32_t count = sample.counts[index], cols = sample.cols;
  std::vector<float> rows(sample.tile(index), sample.tile(index) + std::uint64_t{count} * cols), stored(rows.size());
  if (transformed) {
    for (std::uint32_t row = 0; row < count; ++row) quant::transform_weights(&rows[std::uint64_t{row} * cols], cols);
  }
  const auto fits = [most = quant::largest_value(format)](float x) { return std::fabs(x) <= most; };
  if (!std::all_of(rows.begin(), rows.end(), fits)) return {.signal = 0, .noise = INFINITY};
  std::vector<std::byte> tile(format::tile_bytes(format, cols, group));
  quant::pack_tile(format, rows.data(), count, cols, group, tile.data());
  quant::unpack_tile(format, tile.data(), count, cols, group, stored.data());
  quant::ErrorMeasure measure;
  measure.add(rows.data(), stored.data(), rows.size());
  return measure;
}

// As --weights would store this matrix.
bool transforms(const format::Tensor &entry, Format format, std::uint32_t group, bool token_embedding) {
  if (format == entry.format) return entry.transform == format::InputTransform::hadamard;
  return !token_embedding && default_transform(format, group) == format::InputTransform::hadamard;
}

void add_matrix(const ReportTensor &tensor, const TensorPlan &plan, const Sample &sample, std::uint32_t group,
                RoleAlternatives &role) {
  const bool token_embedding = tensor.role == "token_embedding";
  const auto tiles = static_cast<std::uint32_t>(sample.counts.size());
  const auto count = static_cast<std::uint32_t>(role.formats.size());
  std::vector<quant::ErrorMeasure> measures(std::size_t{tiles} * count);
  in_parallel(tiles * count, [&](std::uint32_t i) {
    const Format format = role.formats[i % count].format;
    measures[i] =
        round_tile(sample, i / count, format, group, transforms(tensor.entry, format, group, token_embedding));
  });
  const std::uint32_t rows = std::accumulate(sample.counts.begin(), sample.counts.end(), 0u);
  const double scale = static_cast<double>(tensor.entry.rows) / rows;  // as if all tiles were like those of the sample
  for (std::uint32_t f = 0; f < count; ++f) {
    Alternative &sum = role.formats[f];
    quant::ErrorMeasure measure;
    for (std::uint32_t i = 0; i < tiles; ++i) measure.add(measures[std::size_t{i} * count + f]);
    if (!std::isfinite(measure.noise)) sum.possible = false;
    sum.error.add({measure.signal * scale, measure.noise * scale});
    sum.bytes += stored_bytes(plan, sum.format, group);
  }
}

// From large to small. q8x16 is q8 in another order: only one of them is shown. Formats for trained codes would ruin
// other weights.
std::vector<Alternative> formats_beside(Format stored) {
  const Format hidden = stored == Format::q8x16 ? Format::q8 : Format::q8x16;
  std::vector<Alternative> formats;
  for (std::uint32_t i = 0; i < format::kFormats; ++i) {
    const auto format = static_cast<Format>(i);
    if (format == hidden || (format::is_trained(format) && format != stored)) continue;
    if (features::has_weights(format)) formats.push_back({.format = format});
  }
  const auto bytes_of = [](const Alternative &a) {
    return format::tile_bytes(a.format, 1024, format::in_groups(a.format) ? format::kDefaultGroup : 0);
  };
  std::sort(formats.begin(), formats.end(),
            [&](const Alternative &a, const Alternative &b) { return bytes_of(a) > bytes_of(b); });
  return formats;
}

}  // namespace

std::vector<RoleAlternatives> measure_alternatives(const std::vector<ReportTensor> &tensors,
                                                   const std::vector<TensorReport> &written, std::uint32_t group,
                                                   const Progress &progress, bool &sampled) {
  std::vector<RoleAlternatives> roles;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const ReportTensor &tensor = tensors[i];
    if (progress) progress("report", i + 1, tensors.size());
    if (!tensor.matrix || tensor.group == TensorGroup::small) continue;
    auto role = std::find_if(roles.begin(), roles.end(), [&](const auto &r) { return r.role == tensor.role; });
    if (role == roles.end()) {
      role = roles.insert(role, {tensor.role, tensor.entry.format, formats_beside(tensor.entry.format)});
    }
    const Sample sample = read_sample(*written[i].plan);
    if (!sample.whole) sampled = true;
    add_matrix(tensor, *written[i].plan, sample, group, *role);
  }
  return roles;
}

}  // namespace tidbit::convert
