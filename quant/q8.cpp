#include "quant/q8.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/arith.h"
#include "format/q8.h"
#include "quant/packing.h"

namespace tidbit::quant {
namespace {

// Tries the f16 scale nearest to amax / 127 and a few neighbors. Neighboring f16 numbers differ by 1/2048 to 1/1024.
// Clipping the largest weight by more than a few such steps costs more accuracy than the finer grid gains.
constexpr int kStepsDown = 4;
constexpr int kStepsUp = 2;
constexpr int kLargestHalf = 0x7BFF;

// Adding 1.5 * 2^23 leaves the value, rounded to nearest even, in the low bits. With the scales above, the value is far
// below 2^22.
inline std::int32_t nearest_code(float x, float inverse_scale) {
  constexpr float kShift = 0x1.8p23f;
  const auto code = std::bit_cast<std::int32_t>(x * inverse_scale + kShift) - std::bit_cast<std::int32_t>(kShift);
  return std::min(std::max(code, -127), 127);
}

inline float error_of(float x, float scale, float inverse_scale) {
  const float error = x - static_cast<float>(nearest_code(x, inverse_scale)) * scale;
  return error * error;
}

float squared_error(const float *x, std::uint32_t count, float scale) {
  const float inverse = 1.0f / scale;
  float partial[16] = {};
  std::uint32_t at = 0;
  for (; at + 16 <= count; at += 16) {
    for (std::uint32_t i = 0; i < 16; ++i) partial[i] += error_of(x[at + i], scale, inverse);
  }
  for (std::uint32_t i = 0; at + i < count; ++i) partial[i] += error_of(x[at + i], scale, inverse);
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

template <class Codes>
void pack_row(const float *x, std::uint32_t row, std::uint32_t cols, std::uint32_t group, std::byte *tile) {
  std::int8_t codes[format::kMaxGroup];
  std::byte *code_bytes = tile + Codes::head_bytes(cols, group);
  for (std::uint32_t first = 0; first < cols; first += group) {
    const std::uint32_t count = std::min(group, cols - first);
    const std::uint16_t scale = quantize_group(x + first, count, codes);
    std::memcpy(tile + format::tile_element(row, first / group) * 2, &scale, 2);
    for (std::uint32_t i = 0; i < count; ++i) {
      code_bytes[Codes::code_at(row, first + i)] = static_cast<std::byte>(codes[i]);
    }
  }
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
  const float inverse = 1.0f / half_to_float(bits);
  for (std::uint32_t i = 0; i < count; ++i) codes[i] = static_cast<std::int8_t>(nearest_code(x[i], inverse));
  return bits;
}

const Packing kQ8Packing = {format::Q8::format, kQ8Largest, pack_row<format::Q8>};
const Packing kQ8x16Packing = {format::Q8x16::format, kQ8Largest, pack_row<format::Q8x16>};

}  // namespace tidbit::quant
