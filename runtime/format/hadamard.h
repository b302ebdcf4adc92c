// How a vector is cut into the blocks of a Hadamard transform, and the powers of two that it is scaled by.
//
//   288 channels   | 128 | 128 | 32 |
//
// A matrix whose inputs are transformed holds W H instead of W, and is multiplied with H x: H H = b for a block of b
// channels. The factor 1 / b is split into two powers of two near its root, one for each side, so that neither rounds.
#pragma once

#include "base/types.h"

namespace tidbit::format {

// What is done to the inputs of a matrix in groups before they are quantized. The values are part of the blob's format.
enum class InputTransform : std::uint8_t { none = 0, hadamard = 1 };

inline constexpr std::uint32_t kHadamardBlock = 128;

// The block at a place with `left` channels from there on, at least 1: the largest power of two that fits.
static constexpr std::uint32_t hadamard_block(std::uint32_t left) {
  std::uint32_t block = kHadamardBlock;
  while (block > left) block /= 2;
  return block;
}

// A block of 2^m inputs is multiplied by 2^-ceil(m / 2), and the weights by 2^-floor(m / 2).
static constexpr float hadamard_input_scale(std::uint32_t block) {
  float scale = 1;
  for (; block > 1; block /= 4) scale /= 2;
  return scale;
}
static constexpr float hadamard_weight_scale(std::uint32_t block) {
  return 1 / (hadamard_input_scale(block) * static_cast<float>(block));
}
static_assert(hadamard_input_scale(128) == 1 / 16.0f && hadamard_weight_scale(128) == 1 / 8.0f);
static_assert(hadamard_input_scale(64) == 1 / 8.0f && hadamard_weight_scale(64) == 1 / 8.0f);

}  // namespace tidbit::format
