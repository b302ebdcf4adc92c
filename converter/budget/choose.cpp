#include "converter/budget/choose.h"

#include <algorithm>

#include "base/features.h"
#include "converter/blob/blob_tables.h"
#include "converter/blob/row_reader.h"
#include "converter/budget/allocate.h"
#include "converter/budget/influence.h"
#include "converter/calibrate/generate.h"
#include "converter/calibrate/working_model.h"
#include "converter/error.h"
#include "converter/parallel.h"
#include "format/formats.h"
#include "quant/error_measure.h"
#include "quant/hadamard.h"
#include "quant/tile.h"

namespace tidbit::convert {
namespace {

using format::Format;
using format::kAlignment;
using format::kTileRows;

constexpr std::uint32_t kSampleTokens = 512, kSequenceLength = 128;
constexpr std::uint32_t kErrorTiles = 16;  // tiles of a matrix whose errors are measured, at most

// From few to many bits.
std::vector<Format> candidates() {
  std::vector<Format> built;
  for (const Format format : {format::Q2::format, format::Q3::format, Format::q4, format::Q5::format,
                              format::Q6::format, Format::q8, Format::f16}) {
    if (features::has_weights(format)) built.push_back(format);
  }
  return built;
}

// A matrix whose format is to be chosen, and where it is in the working model.
struct Candidate {
  TensorPlan *plan;
  const format::Tensor *entry;
};

std::vector<Candidate> matrices_of(ModelPlan &plan, const Model &model) {
  std::vector<Candidate> matrices;
  const auto add = [&](TensorPlan &tensor, const format::Tensor *entry) {
    if (tensor.role != nullptr && has_choice(tensor)) matrices.push_back({&tensor, entry});
  };
  for (std::size_t i = 0; i < plan.globals.size(); ++i) {
    add(plan.globals[i], model.global(static_cast<format::GlobalRole>(i)));
  }
  std::vector<LayerTensors> &layers = plan.stacks.at(0).layers;
  for (std::uint32_t layer = 0; layer < layers.size(); ++layer) {
    for (std::size_t i = 0; i < layers[layer].size(); ++i) {
      add(layers[layer][i], model.layer(layer).find(static_cast<format::LayerRole>(i)));
    }
  }
  return matrices;
}

class Chooser {
 public:
  Chooser(WorkingModel &model, const Sequences &text, const BlobParts &parts)
      : model_(model), parts_(parts), influence_(model.view(), text), formats_(candidates()) {
    const auto q4 = std::find(formats_.begin(), formats_.end(), Format::q4);
    probe_ = q4 == formats_.end() ? formats_.front() : *q4;
  }

  // What the matrix costs in each format.
  std::vector<StorageCost> costs(const Candidate &matrix) {
    const double loss = probe(matrix), error = weight_error(*matrix.plan, probe_);
    std::vector<StorageCost> costs;
    for (const Format format : formats_) {
      const TensorPlan &plan = *matrix.plan;
      const std::uint32_t group = format::in_groups(format) ? parts_.group : 0;
      const std::uint64_t bytes = format::matrix_bytes(format, plan.rows, plan.cols, group);
      costs.push_back({format::round_up(bytes, kAlignment), error > 0 ? loss * weight_error(plan, format) / error : 0});
    }
    return costs;
  }

  const std::vector<Format> &formats() const { return formats_; }

 private:
  // Rows as they are stored in a format: with their inputs transformed, or not.
  std::vector<float> rows_of(const TensorPlan &plan, std::uint32_t first, std::uint32_t count, Format format) const {
    std::vector<float> rows(std::uint64_t{count} * plan.cols);
    read_rows(plan, first, count, rows.data());
    if (transform_of(plan, format, parts_.transform) == format::InputTransform::hadamard) {
      in_parallel(count, [&](std::uint32_t i) {
        quant::transform_weights(rows.data() + std::uint64_t{i} * plan.cols, plan.cols);
      });
    }
    return rows;
  }

  // Rounds rows to a format and back.
  void round(Format format, std::vector<float> &rows, std::uint32_t cols) const {
    const auto count = static_cast<std::uint32_t>(rows.size() / cols);
    in_parallel(format::tile_count(count), [&](std::uint32_t i) {
      const std::uint32_t n = std::min(kTileRows, count - i * kTileRows);
      float *const at = rows.data() + std::uint64_t{i} * kTileRows * cols;
      std::vector<std::byte> tile(format::tile_bytes(format, cols, parts_.group));
      quant::pack_tile(format, at, n, cols, parts_.group, tile.data());
      quant::unpack_tile(format, tile.data(), n, cols, parts_.group, at);
    });
  }

  // The squared error of the weights in a format, relative to the weights.
  double weight_error(const TensorPlan &plan, Format format) const {
    const std::uint32_t tiles = format::tile_count(plan.rows), step = format::ceil_div(tiles, kErrorTiles);
    quant::ErrorMeasure measure;
    for (std::uint32_t tile = 0; tile < tiles; tile += step) {
      const std::uint32_t first = tile * kTileRows;
      const std::vector<float> rows = rows_of(plan, first, std::min(kTileRows, plan.rows - first), format);
      std::vector<float> stored = rows;
      round(format, stored, plan.cols);
      measure.add(rows.data(), stored.data(), rows.size());
    }
    return measure.signal > 0 ? measure.noise / measure.signal : 0;
  }

  // The change of the predictions if this matrix is rounded to the probe's format.
  double probe(const Candidate &matrix) {
    const TensorPlan &plan = *matrix.plan;
    const std::byte *const data = model_.model().data(*matrix.entry);
    const std::vector<std::byte> original(data, data + matrix.entry->bytes);
    const std::uint32_t step = slice_rows(plan);
    for (std::uint32_t first = 0; first < plan.rows; first += step) {
      std::vector<float> rows = rows_of(plan, first, std::min(step, plan.rows - first), probe_);
      round(probe_, rows, plan.cols);
      model_.write_rows(*matrix.entry, first, rows.data(), static_cast<std::uint32_t>(rows.size() / plan.cols));
    }
    const double loss = influence_.measure();
    model_.write_tiles(*matrix.entry, 0, original.data(), original.size());
    model_.view().release_pages();
    return loss;
  }

  WorkingModel &model_;
  const BlobParts &parts_;
  Influence influence_;
  const std::vector<Format> formats_;
  Format probe_;
};

Sequences own_text(const WorkingModel &model) {
  const std::uint32_t length = std::min(kSequenceLength, model.model().config().max_context);
  return generate_samples(model.view(), std::max(kSampleTokens / length, 1u), length, {});
}

// The bytes for the matrices whose format is chosen. In the working model they are all q8.
std::uint64_t bytes_for(const std::vector<Candidate> &matrices, const WorkingModel &working, const BlobParts &parts,
                        const Budget &budget) {
  const tidbit_model_info info = working.view().info();
  std::uint64_t total = budget.bytes, rest = info.blob_bytes;
  if (parts.key != nullptr) rest += format::round_up(sizeof(format::Section) + sizeof(format::Signature), kAlignment);
  if (budget.bytes == 0) {
    total = static_cast<std::uint64_t>(budget.bits / 8 * static_cast<double>(info.parameters));
    rest = info.weight_bytes;
  }
  for (const Candidate &matrix : matrices) rest -= format::round_up(matrix.entry->bytes, kAlignment);
  return total > rest ? total - rest : 0;
}

std::string text_of(const Budget &budget) {
  if (budget.bytes != 0) return std::to_string(budget.bytes) + " bytes";
  std::string text = std::to_string(budget.bits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " bits";
}

[[noreturn]] void refuse(const Budget &budget, std::uint64_t missing) {
  throw ConvertError("the model does not fit " + text_of(budget) + ": with the smallest formats it takes " +
                     std::to_string(missing) + " bytes more");
}

std::uint64_t smallest(const std::vector<std::vector<StorageCost>> &costs) {
  std::uint64_t bytes = 0;
  for (const auto &ways : costs) bytes += ways.front().bytes;
  return bytes;
}

// Sets the formats, and returns "q4 in 12 matrices, q5 in 3".
std::string set_formats(ModelPlan &plan, const std::vector<Candidate> &matrices, const std::vector<Format> &formats,
                        const std::vector<std::size_t> &ways) {
  std::vector<std::uint64_t> weights(formats.size()), counts(formats.size());
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    TensorPlan &tensor = *matrices[i].plan;
    tensor.format = formats[ways[i]];
    weights[ways[i]] += std::uint64_t{tensor.rows} * tensor.cols;
    ++counts[ways[i]];
  }
  const auto most = std::max_element(weights.begin(), weights.end()) - weights.begin();
  plan.config.weights = formats[static_cast<std::size_t>(most)];
  std::string text;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (counts[i] == 0) continue;
    text += (text.empty() ? "" : ", ") + std::string(tidbit_format_name(static_cast<tidbit_format>(formats[i]))) +
            " in " + std::to_string(counts[i]) + (counts[i] == 1 ? " matrix" : " matrices");
  }
  return text;
}

}  // namespace

std::string choose_formats(ModelPlan &plan, const BlobParts &parts, const Budget &budget,
                           const std::filesystem::path &output, const Progress &progress) {
  WorkingModel model(plan, parts, Format::q8, Format::q8, output, "pack", progress);
  const Sequences text = own_text(model);
  const std::vector<Candidate> matrices = matrices_of(plan, model.model());
  Chooser chooser(model, text, parts);
  std::vector<std::vector<StorageCost>> costs;
  for (const Candidate &matrix : matrices) {
    costs.push_back(chooser.costs(matrix));
    if (progress) progress("choose", costs.size(), matrices.size());
  }
  const std::uint64_t bytes = bytes_for(matrices, model, parts, budget);
  const std::vector<std::size_t> ways = allocate(costs, bytes);
  if (ways.empty()) refuse(budget, smallest(costs) - bytes);
  return "chosen for " + text_of(budget) + ": " + set_formats(plan, matrices, chooser.formats(), ways);
}

}  // namespace tidbit::convert
