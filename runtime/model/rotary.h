// Rotary position embedding (Su et al. 2021): angle = position * frequency. Cosine and sine are computed once per
// token.
#pragma once

#include "base/arith.h"

namespace tidbit {

// Cosine and sine of `count` angles at one position. Angles stay below 2^20 (kMaxContext), where the three-part
// reduction by pi / 2 is accurate to the last bits.
void rotary_angles(const float *frequencies, std::uint32_t count, std::uint32_t position, float *cos, float *sin);

}  // namespace tidbit
