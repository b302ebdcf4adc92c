// What the format prescribes for each role.
#pragma once

#include <string>

#include "converter/families/model_plan.h"

namespace tidbit::convert {

// "layer 3 ffn_up", "token_embedding"
std::string tensor_name(format::Role role, std::uint16_t layer);

// Shape, layout and number format of a planned tensor in the blob; offset is left 0.
format::Tensor tensor_entry(const TensorPlan &plan, format::Dtype weights, format::Layout q8_layout);

}  // namespace tidbit::convert
