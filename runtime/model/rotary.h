// Rotary position embedding (Su et al. 2021): angle = position * frequency, its cosine and sine once per token.
#pragma once

#include "base/arith.h"

namespace tidbit {

// cos and sin of `count` angles at one position. Angles stay below 2^20 (kMaxContext), where the three-part reduction
// by pi / 2 is good to the last bits.
void rotary_angles(const float *frequencies, std::uint32_t count, std::uint32_t position, float *cos, float *sin);

}  // namespace tidbit
