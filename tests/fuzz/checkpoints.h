// What must hold for a checkpoint of any bytes: ConvertError, or a model that can be planned, and where it is small
// converted into a blob that the library opens (convert() opens what it wrote).
#pragma once

#include "converter/convert.h"
#include "converter/families/planner.h"
#include "tests/fuzz/files.h"

namespace tidbit::fuzz {

// Larger ones are planned only.
inline constexpr std::uint64_t kMostElements = 1u << 16;

inline std::uint64_t elements_of(const convert::ModelPlan &plan) {
  std::uint64_t count = 0;
  const auto add = [&](const auto &tensors) {  // those that the model does not have are of 0 rows
    for (const convert::TensorPlan &tensor : tensors) count += std::uint64_t{tensor.rows} * tensor.cols;
  };
  add(plan.globals);
  for (const convert::StackPlan &stack : plan.stacks) {
    for (const convert::LayerTensors &layer : stack.layers) add(layer);
  }
  return count;
}

inline void check_checkpoint(const std::filesystem::path &source, const std::filesystem::path &output) {
  try {
    const convert::Checkpoint checkpoint = convert::open_checkpoint(source);
    if (elements_of(convert::plan_model(checkpoint)) > kMostElements) return;
    convert::ConvertOptions options;
    options.source = source;
    options.output = output;
    options.tokenizer = convert::TokenizerChoice::none;
    convert::convert(options);
  } catch (const convert::ConvertError &) {
  }
}

}  // namespace tidbit::fuzz
