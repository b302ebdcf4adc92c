// q8: groups of codes -127 to 127 along a row, each group with one f16 scale.
#pragma once

#include <cstdint>

namespace tidbit::quant {

// The largest magnitude that can be represented: 65504 * 127.
inline constexpr float kQ8Largest = 65504.0f * 127.0f;

// Fills codes[count] and returns the bits of the f16 scale, chosen among a few candidates so that scale * code has the
// smallest mean square error. x must be finite and within +-kQ8Largest. The result is the same on every machine, since
// no reduction is reordered.
std::uint16_t quantize_group(const float *x, std::uint32_t count, std::int8_t *codes);

}  // namespace tidbit::quant
