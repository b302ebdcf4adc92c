// Shared by the dense Granite and those with experts.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

// Reads embedding_multiplier, attention_multiplier, residual_multiplier and logits_scaling.
void read_granite_multipliers(Reading &model);

}  // namespace tidbit::convert
