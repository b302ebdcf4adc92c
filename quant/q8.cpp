#include "quant/q8.h"

#include <algorithm>
#include <cmath>

#include "kernels/arith.h"

namespace tidbit::quant {
namespace {

// Scales that are tried: the f16 nearest to amax / 127 and its neighbours. A step of f16 is 1/2048 to 1/1024; clipping
// the largest weight by more than a few steps costs more than the finer grid gains.
constexpr int kStepsDown = 4;
constexpr int kStepsUp = 2;
constexpr int kLargestHalf = 0x7BFF;

// The nearest code. Adding and taking away 1.5 * 2^23 rounds to nearest even.
float nearest_code(float x, float scale) {
  const float limited = std::clamp(x / scale, -127.0f, 127.0f);
  return (limited + 0x1.8p23f) - 0x1.8p23f;
}

float squared_error(const float *x, std::uint32_t count, float scale) {
  float partial[16] = {};
  for (std::uint32_t i = 0; i < count; ++i) {
    const float error = x[i] - nearest_code(x[i], scale) * scale;
    partial[i % 16] += error * error;
  }
  return tree_sum(partial);
}

std::uint16_t best_scale(const float *x, std::uint32_t count, float largest) {
  const int middle = float_to_half(largest / 127.0f);
  const int last = std::min(middle + kStepsUp, kLargestHalf);
  int best = 0;
  float least = INFINITY;
  for (int bits = std::max(middle - kStepsDown, 1); bits <= last; ++bits) {
    const float error = squared_error(x, count, half_to_float(static_cast<std::uint16_t>(bits)));
    if (error < least) {
      least = error;
      best = bits;
    }
  }
  return static_cast<std::uint16_t>(best);
}

}  // namespace

std::uint16_t quantize_group(const float *x, std::uint32_t count, std::int8_t *codes) {
  float largest = 0;
  for (std::uint32_t i = 0; i < count; ++i) largest = std::max(largest, std::fabs(x[i]));
  if (largest == 0) {
    std::fill_n(codes, count, std::int8_t{0});
    return 0;
  }
  const std::uint16_t bits = best_scale(x, count, largest);
  const float scale = half_to_float(bits);
  for (std::uint32_t i = 0; i < count; ++i) codes[i] = static_cast<std::int8_t>(nearest_code(x[i], scale));
  return bits;
}

}  // namespace tidbit::quant
