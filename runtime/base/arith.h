// Scalar arithmetic that gives the same bits on every target: fused multiply-add and square root without a library
// call, half precision, bit casts. Compiled with -ffp-contract=off; no libm.
//
// Everything here is static, because files compiled for different instruction sets must not share one copy.
#pragma once

#include "base/float_rules.h"
#include "base/integer_fma.h"
#include "base/types.h"

namespace tidbit {

// Not memcpy, which is a call under -ffreestanding.
static inline std::uint32_t float_bits(float x) { return __builtin_bit_cast(std::uint32_t, x); }
static inline float bits_float(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }

// To nearest, ties to even. Finite numbers only.
static inline float rounded_to_bfloat16(float x) {
  const std::uint32_t bits = float_bits(x);
  return bits_float((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000u);
}

// fma for targets with double but without the instruction. The product of two floats is exact in double. The sum is
// rounded to odd in double, so that the final rounding to float is correct (Boldo, Melquiond 2008).
static inline float fma_by_double(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const double addend = static_cast<double>(c);
  double sum = product + addend;
  const double part = sum - product;
  const double error = (product - (sum - part)) + (addend - part);
  const auto bits = __builtin_bit_cast(std::uint64_t, sum);
  const bool finite = (bits >> 52 & 0x7FF) != 0x7FF;
  if (finite && error != 0 && (bits & 1) == 0) {
    const bool away = (error > 0) == (sum > 0);
    sum = __builtin_bit_cast(double, away ? bits + 1 : bits - 1);
  }
  return static_cast<float>(sum);
}

#if defined(__FMA__) || defined(__aarch64__) || defined(__ARM_FEATURE_FMA) || defined(__riscv_flen)
static constexpr bool kFusesInHardware = true;
#else
static constexpr bool kFusesInHardware = false;
#endif
#if defined(__SSE2__) || defined(__wasm__) || (defined(__ARM_FP) && (__ARM_FP & 8) != 0)
static constexpr bool kHasDoubles = true;
#else
static constexpr bool kHasDoubles = false;
#endif

static inline float fma(float a, float b, float c) {
  if constexpr (kFusesInHardware) return __builtin_fmaf(a, b, c);
  return kHasDoubles ? fma_by_double(a, b, c) : fma_by_integers(a, b, c);
}

// The square root for targets without the instruction, one bit per step. A token needs few roots, so this is small
// rather than fast. x = m 2^e with e even and m below 2^50 has the root floor(sqrt(m)) 2^(e / 2), which has one bit
// more than a float. Rounding that bit is enough, because the root of a float is never halfway between two floats.
static inline float sqrt_by_bits(float x) {
  if (x == 0 || float_bits(x) == 0x7F800000) return x;
  if (float_bits(x) > 0x7F800000) return bits_float(0x7FC00000);  // NaN and negative numbers
  const bool subnormal = float_bits(x) < 0x00800000;
  const std::uint32_t bits = float_bits(subnormal ? x * 0x1p+24f : x);
  const std::uint32_t exponent = bits >> 23;  // (2^23 + mantissa) 2^(exponent - 150)
  const std::uint64_t m = static_cast<std::uint64_t>((bits & 0x7FFFFF) | 0x800000) << (exponent % 2 == 0 ? 26 : 25);
  std::uint32_t root = 0;
  for (std::uint32_t bit = 1u << 24; bit != 0; bit >>= 1) {
    const std::uint64_t longer = root | bit;
    if (longer * longer <= m) root |= bit;
  }
  return bits_float(((exponent + 125) / 2 << 23) + (root + 1) / 2) * (subnormal ? 0x1p-12f : 1.0f);
}

static inline float square_root(float x) {
#if defined(__SSE__) || defined(__aarch64__) || defined(__ARM_FP) || defined(__riscv_fsqrt) || defined(__wasm__)
  return __builtin_sqrtf(x);
#else
  return sqrt_by_bits(x);
#endif
}

static inline float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1F;
  const std::uint32_t mantissa = half & 0x3FF;
  if (exponent == 0) {  // zero and subnormals: mantissa * 2^-24 is exact
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return bits_float(sign | float_bits(magnitude));
  }
  const std::uint32_t rebiased = exponent == 31 ? 255 : exponent + (127 - 15);
  const std::uint32_t quiet = exponent == 31 && mantissa != 0 ? 0x400000 : 0;
  return bits_float(sign | rebiased << 23 | mantissa << 13 | quiet);
}

// Round to nearest even; too large becomes infinity.
static inline std::uint16_t float_to_half(float x) {
  const std::uint32_t bits = float_bits(x);
  const std::uint32_t sign = bits >> 16 & 0x8000;
  const std::uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return static_cast<std::uint16_t>(sign | 0x7E00 | (magnitude >> 13 & 0x1FF));
  if (magnitude >= 0x477FF000) return static_cast<std::uint16_t>(sign | 0x7C00);
  if (magnitude < 0x38800000) {  // below 2^-14: adding 0.5 leaves the rounded subnormal in the low bits
    const std::uint32_t rounded = float_bits(bits_float(magnitude) + 0.5f) - float_bits(0.5f);
    return static_cast<std::uint16_t>(sign | rounded);
  }
  const std::uint32_t round = 0xFFF + (magnitude >> 13 & 1);
  return static_cast<std::uint16_t>(sign | ((magnitude + round - 0x38000000) >> 13));
}

// Adds the partial sums of a vector as a tree: 8, 4, 2, 1.
static inline float tree_sum(float partial[16]) {
  for (unsigned step = 8; step != 0; step /= 2) {
    for (unsigned i = 0; i < step; ++i) partial[i] = partial[i] + partial[i + step];
  }
  return partial[0];
}

}  // namespace tidbit
