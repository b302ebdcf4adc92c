// Fused multiply-add in integers, for targets that have neither the instruction nor double in hardware: with an
// emulated double it would take several times as many instructions.
#pragma once

#include "base/types.h"

namespace tidbit {

// The magnitude of a float: significand * 2^(exponent - 150), with the significand in [2^23, 2^24).
struct Magnitude {
  std::uint32_t significand;
  std::int32_t exponent;
};

// For finite numbers except zero.
static inline Magnitude magnitude_of(std::uint32_t bits) {
  Magnitude x{bits & 0x7FFFFF, static_cast<std::int32_t>(bits >> 23 & 0xFF)};
  if (x.exponent != 0) {
    x.significand |= 0x800000;
    return x;
  }
  for (x.exponent = 1; x.significand < 0x800000; --x.exponent) x.significand <<= 1;
  return x;
}

// Sets the lowest bit if a bit that is shifted out was set: the result still rounds like the exact one.
static inline std::uint64_t shift_right_sticky(std::uint64_t x, std::int32_t by) {
  if (by == 0) return x;
  if (by > 63) return 1;
  return x >> by | (x << (64 - by) != 0 ? 1 : 0);
}

// Rounds sum * 2^(exponent - 190) to the nearest float, ties to even. The sum is not zero.
static inline std::uint32_t round_to_float_bits(std::uint64_t sum, std::int32_t exponent) {
  for (; sum >> 63 == 0; --exponent) sum <<= 1;
  if (exponent < 1) {  // subnormal
    sum = shift_right_sticky(sum, 1 - exponent);
    exponent = 1;
  }
  if (exponent > 254) return 0x7F800000;
  const std::uint32_t high = static_cast<std::uint32_t>(sum >> 32) | (static_cast<std::uint32_t>(sum) != 0 ? 1 : 0);
  const std::uint32_t significand = high >> 8, rest = high & 0xFF;
  const std::uint32_t up = rest + (significand & 1) > 0x80 ? 1 : 0;
  return (static_cast<std::uint32_t>(exponent - 1) << 23) + significand + up;
}

static inline float fma_by_integers(float a, float b, float c) {
  const auto a_bits = __builtin_bit_cast(std::uint32_t, a), b_bits = __builtin_bit_cast(std::uint32_t, b),
             c_bits = __builtin_bit_cast(std::uint32_t, c);
  constexpr std::uint32_t kInfinity = 0x7F800000;
  if ((a_bits & kInfinity) == kInfinity || (b_bits & kInfinity) == kInfinity) return a * b + c;
  if ((c_bits & kInfinity) == kInfinity) return c;
  if (a_bits << 1 == 0 || b_bits << 1 == 0) return a * b + c;
  if (c_bits << 1 == 0) return a * b;

  // Product and addend as 64-bit integers with the leading bit at 60 to 61. If bits of the smaller one are shifted out,
  // the larger one is so much larger that at most one leading bit cancels.
  const Magnitude x = magnitude_of(a_bits), y = magnitude_of(b_bits), z = magnitude_of(c_bits);
  std::uint64_t product = (static_cast<std::uint64_t>(x.significand) * y.significand) << 14;
  std::uint64_t addend = static_cast<std::uint64_t>(z.significand) << 38;
  std::int32_t exponent = x.exponent + y.exponent - 124;  // of both, with the bias of round_to_float_bits
  const std::int32_t above = exponent - (z.exponent + 2);
  if (above >= 0) {
    addend = shift_right_sticky(addend, above);
  } else {
    product = shift_right_sticky(product, -above);
    exponent -= above;
  }

  const std::uint32_t sign = (a_bits ^ b_bits) & 0x80000000;
  std::uint64_t sum = product + addend;
  std::uint32_t sum_sign = sign;
  if (sign != (c_bits & 0x80000000)) {
    if (product == addend) return 0;
    sum_sign = product > addend ? sign : c_bits & 0x80000000;
    sum = product > addend ? product - addend : addend - product;
  }
  return __builtin_bit_cast(float, sum_sign | round_to_float_bits(sum, exponent));
}

}  // namespace tidbit
