// Rounding to an integer by an addition.
#pragma once

#include "base/types.h"

namespace tidbit {

// Adding it to |x| < 2^22 leaves round-to-nearest-even of x in the low bits of the mantissa.
inline constexpr float kRoundMagic = 12582912.0f;  // 1.5 * 2^23
inline constexpr std::uint32_t kRoundMagicBits = 0x4B400000;

}  // namespace tidbit
