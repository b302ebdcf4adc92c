// Turns a checkpoint into the plan of its blob.
#pragma once

#include "converter/families/model_plan.h"

namespace tidbit::convert {

// The context that a blob has unless the user or the model says otherwise.
inline constexpr std::uint32_t kUsualContext = 2048;

// The plan points into the checkpoint. `context` is what the user asked for, or 0; it decides where a model has
// different numbers for short and long texts. Throws ConvertError.
ModelPlan plan_model(const Checkpoint &checkpoint, std::uint32_t context = 0);

}  // namespace tidbit::convert
