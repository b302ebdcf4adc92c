#include "converter/calibrate/calibrate.h"

#include <algorithm>
#include <initializer_list>
#include <memory>

#include "converter/blob/blob_tables.h"
#include "converter/blob/row_reader.h"
#include "converter/calibrate/forward.h"
#include "converter/calibrate/generate.h"
#include "converter/calibrate/mismatch.h"
#include "converter/calibrate/moments.h"
#include "converter/calibrate/working_model.h"
#include "converter/error.h"
#include "converter/parallel.h"
#include "format/formats.h"
#include "format/model.h"
#include "quant/hadamard.h"
#include "quant/tile.h"

namespace tidbit::convert {
namespace {

using format::Format;
using format::kTileRows;
using format::LayerRole;

// The points of the original model at which its vectors are kept for a layer.
constexpr std::initializer_list<tidbit_point> kKept = {TIDBIT_POINT_MIXER_IN, TIDBIT_POINT_MIXED, TIDBIT_POINT_FFN_IN,
                                                       TIDBIT_POINT_FFN_INNER};

// The matrices of a layer in the order in which their inputs are computed, and where those are seen. Experts are chosen
// anew by the rounded model, so their inputs have no counterpart.
struct Step {
  LayerRole role;
  tidbit_point point;
  int kept;  // index in kKept, or -1
};
constexpr Step kSteps[] = {
    {LayerRole::qkv, TIDBIT_POINT_MIXER_IN, 0},         {LayerRole::conv_in, TIDBIT_POINT_MIXER_IN, 0},
    {LayerRole::attention_out, TIDBIT_POINT_MIXED, 1},  {LayerRole::conv_out, TIDBIT_POINT_MIXED, 1},
    {LayerRole::expert_up, TIDBIT_POINT_EXPERT_IN, -1}, {LayerRole::expert_down, TIDBIT_POINT_EXPERT_INNER, -1},
    {LayerRole::ffn_up, TIDBIT_POINT_FFN_IN, 2},        {LayerRole::ffn_down, TIDBIT_POINT_FFN_INNER, 3},
};

// An expert that got fewer vectors than this part of its columns is rounded plainly: its errors would be fitted to too
// few directions.
constexpr std::uint32_t kLeastPart = 4;

// Added to the second moments of the head's inputs for a tied embedding, as a part of their mean: its rows are inputs
// of the first layer too, where all columns count alike.
constexpr double kTiedDamping = 0.1;

class Calibrator {
 public:
  Calibrator(const ModelPlan &plan, const BlobParts &parts, WorkingModel &model, const Sequences &sequences,
             const Progress &progress)
      : weights_(plan.config.weights),
        embeddings_(parts.embeddings),
        group_(parts.group),
        transform_(parts.transform),
        layers_(plan.stacks.at(0).layers),
        embedding_(plan.globals[static_cast<std::size_t>(format::GlobalRole::token_embedding)]),
        head_(plan.globals[static_cast<std::size_t>(format::GlobalRole::head)]),
        model_(model),
        sequences_(sequences),
        original_(model.view(), sequences),
        progress_(progress) {}

  RoundedTensors run() {
    round_embedding();  // original_ has embedded its tokens before
    forward_ = std::make_unique<Forward>(model_.view(), sequences_);
    for (std::uint32_t layer = 0; layer < layers_.size(); ++layer) {
      kept_ = original_.advance(kKept);  // before the layer's matrices are replaced
      for (const Step &step : kSteps) {
        const TensorPlan &plan = layers_[layer][static_cast<std::size_t>(step.role)];
        if (plan.role != nullptr && quant::takes_feedback(format_of(plan))) round_matrix(plan, step);
        show("calibrate", layer * std::size(kSteps) + static_cast<std::size_t>(&step - kSteps) + 1,
             layers_.size() * std::size(kSteps));
      }
      forward_->advance({});
    }
    if (head_.role != nullptr && quant::takes_feedback(format_of(head_))) round_head();
    return std::move(rounded_);
  }

  std::uint32_t plain_parts() const { return plain_parts_; }
  std::uint32_t all_parts() const { return all_parts_; }

 private:
  Format format_of(const TensorPlan &plan) const { return convert::format_of(plan, weights_, embeddings_); }

  void show(const char *stage, std::uint64_t done, std::uint64_t total) const {
    if (progress_) progress_(stage, done, total);
  }

  bool is_transformed(const TensorPlan &plan) const {
    return transform_of(plan, format_of(plan), transform_) != format::InputTransform::none;
  }

  // The transform of a matrix's inputs before the product, for vectors [count][cols]: inputs, or rounded weights, for
  // which it is the way back.
  void transform_inputs(const TensorPlan &plan, float *vectors, std::uint32_t count) const {
    if (!is_transformed(plan)) return;
    in_parallel(count,
                [&](std::uint32_t i) { quant::transform_inputs(vectors + std::uint64_t{i} * plan.cols, plan.cols); });
  }
  void transform_weights(const TensorPlan &plan, float *rows, std::uint32_t count) const {
    if (!is_transformed(plan)) return;
    in_parallel(count,
                [&](std::uint32_t i) { quant::transform_weights(rows + std::uint64_t{i} * plan.cols, plan.cols); });
  }

  // A tied embedding is rounded for the inputs that it gets as the head of the original model.
  void round_embedding() {
    const Format f = format_of(embedding_);
    if (f == Format::f32) return;
    std::optional<quant::Feedback> feedback;
    if (head_.role == nullptr && quant::takes_feedback(f)) {
      Moments moments(embedding_.cols);
      Forward whole(model_.view(), sequences_);
      while (whole.layer() < layers_.size()) {
        whole.advance({});
        show("observe", whole.layer(), layers_.size());
      }
      whole.observe_head([&](Observed &seen) { moments.add(seen.parts[0].data(), seen.count(0)); });
      feedback = moments.feedback(kTiedDamping);
    }
    round_rows(embedding_, {0, embedding_.rows}, {feedback, nullptr},
               [&](std::uint32_t first, std::vector<float> &stored) {
                 model_.write_rows(model_.model().token_embedding(), first, stored.data(),
                                   static_cast<std::uint32_t>(stored.size() / embedding_.cols));
                 show("embedding", first + stored.size() / embedding_.cols, embedding_.rows);
               });
    if (!feedback) rounded_.erase(&embedding_);  // it will be rounded in the same way when it is written
  }

  void round_head() {
    Moments moments(head_.cols);
    forward_->observe_head([&](Observed &seen) {
      transform_inputs(head_, seen.parts[0].data(), seen.count(0));
      moments.add(seen.parts[0].data(), seen.count(0));
    });
    round_rows(head_, {0, head_.rows}, {moments.feedback(), nullptr}, [](std::uint32_t, const std::vector<float> &) {});
  }

  void round_matrix(const TensorPlan &plan, const Step &step) {
    const auto replace = [&](std::uint32_t first, std::vector<float> &stored) {
      const auto count = static_cast<std::uint32_t>(stored.size() / plan.cols);
      transform_inputs(plan, stored.data(), count);
      model_.write_rows(model_.matrix(forward_->layer(), step.role), first, stored.data(), count);
    };
    if (step.role == LayerRole::expert_up || step.role == LayerRole::expert_down) {
      return round_experts(plan, step.point, replace);
    }
    Moments moments(plan.cols);
    Mismatch mismatch(plan.cols);
    std::vector<Observed> &kept = kept_[static_cast<std::size_t>(step.kept)];
    std::size_t sequence = 0;
    forward_->observe(step.point, 1, [&](Observed &seen) {
      std::vector<float> &x = seen.parts[0], &y = kept[sequence++].parts[0];
      const std::uint32_t count = seen.count(0);
      transform_inputs(plan, x.data(), count);
      transform_inputs(plan, y.data(), count);
      moments.add(x.data(), count);
      mismatch.add(x.data(), y.data(), count);
    });
    const bool corrects = mismatch.finish(moments);
    round_rows(plan, {0, plan.rows}, {moments.feedback(), corrects ? &mismatch : nullptr}, replace);
  }

  template <class Replace>
  void round_experts(const TensorPlan &plan, tidbit_point point, Replace replace) {
    const std::uint32_t parts = model_.model().kind(forward_->layer()).experts;
    std::vector<std::vector<float>> inputs(parts);
    forward_->observe(point, parts, [&](const Observed &seen) {
      for (std::uint32_t e = 0; e < parts; ++e) {
        inputs[e].insert(inputs[e].end(), seen.parts[e].begin(), seen.parts[e].end());
      }
    });
    const std::uint32_t rows = plan.rows / parts;
    for (std::uint32_t e = 0; e < parts; ++e) {
      const auto count = static_cast<std::uint32_t>(inputs[e].size() / plan.cols);
      std::optional<quant::Feedback> feedback;
      if (count >= plan.cols / kLeastPart) {
        Moments moments(plan.cols);
        transform_inputs(plan, inputs[e].data(), count);
        moments.add(inputs[e].data(), count);
        feedback = moments.feedback();
      }
      round_rows(plan, {e * rows, rows}, {feedback, nullptr}, replace);
    }
  }

  struct RowRange {
    std::uint32_t first, count;
  };
  // What is known of the inputs, if anything.
  struct Inputs {
    const std::optional<quant::Feedback> &feedback;
    const Mismatch *mismatch;
  };

  // Rounds some rows and calls rounded(first, rows) with what they became.
  template <class Rounded>
  void round_rows(const TensorPlan &plan, RowRange range, const Inputs &inputs, Rounded rounded) {
    const Format f = format_of(plan);
    std::vector<std::byte> &packed = rounded_[&plan];
    packed.resize(format::matrix_bytes(f, plan.rows, plan.cols, group_));
    ++all_parts_;
    if (!inputs.feedback && &plan != &embedding_) ++plain_parts_;
    const std::uint32_t cols = plan.cols, step = slice_rows(plan);
    const std::uint64_t tile_bytes = format::tile_bytes(f, cols, group_);
    const std::uint32_t end = range.first + range.count;
    for (std::uint32_t from = range.first; from < end; from += step) {
      const std::uint32_t rows = std::min(step, end - from);
      std::vector<float> values(std::uint64_t{rows} * cols), stored(values.size());
      read_rows(plan, from, rows, values.data());
      transform_weights(plan, values.data(), rows);
      in_parallel(format::tile_count(rows), [&](std::uint32_t i) {
        const std::uint32_t row = i * kTileRows, n = std::min(kTileRows, rows - row);
        std::byte *tile = packed.data() + (from + row) / kTileRows * tile_bytes;
        float *x = values.data() + std::uint64_t{row} * cols;
        if (inputs.mismatch != nullptr) inputs.mismatch->correct(x, n);
        if (inputs.feedback) {
          quant::pack_tile_with_feedback(f, x, n, cols, group_, *inputs.feedback, tile);
        } else {
          quant::pack_tile(f, x, n, cols, group_, tile);
        }
        quant::unpack_tile(f, tile, n, cols, group_, stored.data() + std::uint64_t{row} * cols);
      });
      rounded(from, stored);
    }
  }

  const Format weights_, embeddings_;
  const std::uint32_t group_;
  const format::InputTransform transform_;
  const std::vector<LayerTensors> &layers_;
  const TensorPlan &embedding_, &head_;
  WorkingModel &model_;
  const Sequences &sequences_;
  Forward original_;
  std::unique_ptr<Forward> forward_;         // of the rounded model
  std::vector<std::vector<Observed>> kept_;  // of the current layer, [kKept][sequences]
  const Progress &progress_;
  RoundedTensors rounded_;
  std::uint32_t plain_parts_ = 0, all_parts_ = 0;
};

// With q8 weights the text is as good, and is written several times faster.
Sequences own_text(const ModelPlan &plan, const BlobParts &parts, const std::filesystem::path &output,
                   const Progress &progress) {
  const WorkingModel model(plan, parts, Format::q8, Format::q8, output, "pack", progress);
  const std::uint32_t length = std::min(kSequenceTokens, plan.config.max_context);
  const std::uint32_t count = std::max(kMostSampleTokens / length, 1u);
  return generate_samples(model.view(), count, length, [&](std::uint64_t done, std::uint64_t total) {
    if (progress) progress("sample", done, total);
  });
}

bool any_takes_feedback(const ModelPlan &plan, const BlobParts &parts) {
  bool any = false;
  plan.each_tensor([&](const TensorPlan &tensor) {
    any = any || (has_choice(tensor) &&
                  quant::takes_feedback(convert::format_of(tensor, plan.config.weights, parts.embeddings)));
  });
  return any;
}

}  // namespace

Calibration calibrate(const ModelPlan &plan, const BlobParts &parts, const std::filesystem::path &samples,
                      const std::filesystem::path &output, const Progress &progress) {
  if (!any_takes_feedback(plan, parts)) {
    throw ConvertError(
        "--calibrate has no effect on weights that are not rounded to codes; use --weights q8, or q2 to q6");
  }
  const bool own = samples == kOwnText;
  const std::string text = own ? "" : read_sample_file(samples);
  Sequences sequences;
  if (own) sequences = own_text(plan, parts, output, progress);
  WorkingModel model(plan, parts, Format::f32, Format::f32, output, "expand", progress);
  if (!own) sequences = read_samples(text, samples.string(), model.view());
  std::size_t tokens = 0;
  for (const auto &sequence : sequences) tokens += sequence.size();
  Calibrator calibrator(plan, parts, model, sequences, progress);
  Calibration calibration{calibrator.run(), {}};
  calibration.description = "calibrated with " + std::to_string(tokens) + " tokens of " +
                            (own ? "the model's own text" : samples.filename().string());
  if (calibrator.plain_parts() != 0) {
    calibration.description += "; " + std::to_string(calibrator.plain_parts()) + " of " +
                               std::to_string(calibrator.all_parts()) +
                               " matrices saw too little and are rounded plainly";
  }
  return calibration;
}

}  // namespace tidbit::convert
