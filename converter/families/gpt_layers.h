// What GPT-2 and the first GPT have in common: names and shapes of a layer, linear weights stored [in][out].
#pragma once

#include <string>

#include "converter/families/plan_builder.h"

namespace tidbit::convert {

// vocab_size, n_layer, n_embd, n_head, n_positions.
void read_gpt_shape(ConfigReader &reader, format::Config &config);

// h.N.*: norms, attention, feed-forward. `query_scale` multiplies the rows of q and their biases.
void add_gpt_layer(PlanBuilder &builder, TensorFinder &tensors, const format::Config &config, const std::string &at,
                   float query_scale);

// Causal masks that old checkpoints stored beside the weights.
void leave_out_gpt_masks(TensorFinder &tensors);

}  // namespace tidbit::convert
