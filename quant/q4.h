// q4: groups of 4-bit codes along a row, with one f16 scale a group and one fine byte a block of 32: a 4-bit scale and
// a 4-bit shift. Why so, at 4.375 bits a weight: on normally distributed weights the error is 7.3% of their spread;
// symmetric codes with signed 4-bit block scales (4.25 bits) leave 8.4%, one f16 scale per 32 symmetric codes (4.5
// bits) 8.6%, 6-bit scales and shifts (4.5 bits) 7.2%. A codebook of 16 values was left out: on AVX2 it would cost as
// much as q8.
#pragma once

#include <cstdint>

namespace tidbit::quant {

// The largest weight that an f16 scale can reach on either side of zero: 65504 * (7 * 15 + 6 * 7).
inline constexpr float kQ4Largest = 65504.0f * 147.0f;

// Fills codes[count] (0 to 15) and fine[ceil(count / 32)], and returns the bits of the group's f16 scale, so that
// scale * q4_weight(fine, code) of tensor_layout.h comes close to x in the mean square. x must be finite and within
// +-kQ4Largest. The same on every machine.
std::uint16_t quantize_group_q4(const float *x, std::uint32_t count, std::uint8_t *codes, std::uint8_t *fine);

}  // namespace tidbit::quant
