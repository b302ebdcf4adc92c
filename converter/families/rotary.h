// Frequencies of rotary positions, computed in f32 step by step as Hugging Face does, because models are trained with
// those.
#pragma once

#include <cstdint>
#include <vector>

#include "converter/families/config_reader.h"

namespace tidbit::convert {

struct Rotary {
  std::uint32_t dim = 0;           // channels of a head that turn
  std::vector<float> frequencies;  // [dim / 2], radians per position
};

// From rope_parameters (transformers 5) or rope_theta and rope_scaling (4).
Rotary read_rotary(ConfigReader &config, std::uint32_t head_dim, std::uint32_t max_context);

}  // namespace tidbit::convert
