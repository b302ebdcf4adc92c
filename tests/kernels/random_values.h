// Random values of the kinds that kernels must agree on, and the bits that they are compared by.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

#include "kernels/kernels.h"

namespace tidbit::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}

  std::uint32_t bits() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ * 0x2545F4914F6CDD1D >> 32);
  }
  std::uint32_t from_to(std::uint32_t low, std::uint32_t high) { return low + bits() % (high - low + 1); }
  float unit() { return static_cast<float>(static_cast<std::int32_t>(bits())) * 0x1p-31f; }  // [-1, 1)

 private:
  std::uint64_t state_;
};

enum class Values { plain, wide, extreme, not_finite };
inline constexpr Values kAllValues[] = {Values::plain, Values::wide, Values::extreme, Values::not_finite};

inline float random_value(Random &random, Values values) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // The last eight are where exp, erf and gelu_erf change their course.
  constexpr float kExtremes[] = {0.0f,  -0.0f,  1e-45f, -3e-39f, 1e-38f,     1e-30f,      -1e-20f, -1.0f,
                                 88.5f, -87.5f, 1e15f,  -1e30f,  1e30f,      3e38f,       -3e38f,  1.0f,
                                 87.0f, -87.0f, 88.0f,  -88.0f,  1.4142135f, -1.4142137f, 4.0f};
  constexpr float kNotFinite[] = {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()};
  const float value = random.unit();
  const std::uint32_t choice = random.bits();
  switch (values) {
    case Values::plain:
      return value * 4;
    case Values::wide:
      return std::ldexp(value, static_cast<int>(choice % 80) - 40);
    case Values::extreme:
      return choice % 3 == 0 ? kExtremes[choice / 3 % std::size(kExtremes)] : value;
    case Values::not_finite:
      return choice % 29 == 0 ? kNotFinite[choice / 29 % 3] : value;
  }
  return value;
}

inline std::uint16_t random_half(Random &random, Values values) {
  const std::uint32_t bits = random.bits();
  if (values == Values::plain) return static_cast<std::uint16_t>((bits & 0x83FF) | 0x3000);  // 2^-3 to 2^-2
  const bool finite = values != Values::not_finite;
  return static_cast<std::uint16_t>(finite && (bits & 0x7C00) == 0x7C00 ? bits & 0xBFFF : bits);
}

// The bits of float results; NaN is NaN, whatever its payload.
inline std::uint32_t result_bits(float x) { return std::isnan(x) ? 0x7FC00000 : std::bit_cast<std::uint32_t>(x); }
inline std::uint32_t result_bits(std::uint16_t x) { return x; }
inline std::uint32_t result_bits(std::int8_t x) { return static_cast<std::uint8_t>(x); }
inline std::uint32_t result_bits(std::int32_t x) { return static_cast<std::uint32_t>(x); }
inline CodeSums result_bits(CodeSums x) { return x; }

}  // namespace tidbit::test
