#include "converter/budget/choose.h"

#include <algorithm>

#include "converter/blob/blob_tables.h"
#include "converter/blob/row_reader.h"
#include "converter/budget/allocate.h"
#include "converter/budget/influence.h"
#include "converter/budget/weight_error.h"
#include "converter/calibrate/generate.h"
#include "converter/calibrate/working_model.h"
#include "converter/error.h"
#include "format/formats.h"

namespace tidbit::convert {
namespace {

using format::Format;
using format::kAlignment;

constexpr std::uint32_t kSampleTokens = 512, kSequenceLength = 128;

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
      : model_(model), parts_(parts), influence_(model.view(), text), formats_(candidate_formats()) {
    const auto q4 = std::find(formats_.begin(), formats_.end(), Format::q4);
    probe_ = q4 == formats_.end() ? formats_.front() : *q4;
  }

  // What the matrix costs in each format.
  std::vector<StorageCost> costs(const Candidate &matrix) {
    const TensorPlan &plan = *matrix.plan;
    const double loss = probe(matrix), error = sampled_error(plan, probe_, parts_.group, parts_.transform).noise;
    std::vector<StorageCost> costs;
    for (const Format format : formats_) {
      const double noise = sampled_error(plan, format, parts_.group, parts_.transform).noise;
      costs.push_back({stored_bytes(plan, format, parts_.group), error > 0 ? loss * noise / error : 0});
    }
    return costs;
  }

  const std::vector<Format> &formats() const { return formats_; }

 private:
  // The change of the predictions if this matrix is rounded to the probe's format.
  double probe(const Candidate &matrix) {
    const TensorPlan &plan = *matrix.plan;
    const std::byte *const data = model_.model().data(*matrix.entry);
    const std::vector<std::byte> original(data, data + matrix.entry->bytes);
    const std::uint32_t step = slice_rows(plan);
    for (std::uint32_t first = 0; first < plan.rows; first += step) {
      std::vector<float> rows = rows_for(plan, first, std::min(step, plan.rows - first), probe_, parts_.transform);
      round_rows(probe_, plan.cols, parts_.group, rows);
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
