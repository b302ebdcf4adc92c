// The frequencies of rotary positions. They are computed in f32, step by step like in Hugging Face transformers,
// because models are trained with exactly those.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

// Reads the frequencies and the number of rotated channels from rope_parameters (transformers 5) or from rope_theta and
// rope_scaling (transformers 4).
void read_rotary(Reading &model);

// The rows of the frequency table.
ComputeRow rotary_row(const Reading &model);

}  // namespace tidbit::convert
