// One lane: what the reference table is made of, and scalar code that needs an elementary function.
#pragma once

#include "kernels/int4_bodies.h"

namespace tidbit {
namespace {

struct ScalarLanes {
  using F = float;
  using I = std::int32_t;
  using C = const std::int8_t *;
  static constexpr std::uint32_t width = 1, streams = 1, block_tiles = 1, block_tokens = 1, block_queries = 1,
                                 block_vectors = 1, turn = 1, step = 1;
  static constexpr bool widen_f16 = false, prefetch_floats = false, prefetch_q8 = false, prefetch_q4 = false;

  static F load(const float *p) { return *p; }
  static F load_f16(const std::uint16_t *p) { return half_to_float(*p); }
  static F load_i8(const std::int8_t *p) { return static_cast<float>(*p); }
  static F load_part(const float *, std::uint32_t) { return 0; }
  static F load_f16_part(const std::uint16_t *, std::uint32_t) { return 0; }
  static F load_i8_part(const std::int8_t *, std::uint32_t) { return 0; }
  static void store(float *p, F x) { *p = x; }
  static void store_part(float *, F, std::uint32_t) {}

  static F set(float x) { return x; }
  static F add(F a, F b) { return a + b; }
  static F sub(F a, F b) { return a - b; }
  static F mul(F a, F b) { return a * b; }
  static F div(F a, F b) { return a / b; }
  static F fma(F a, F b, F c) { return tidbit::fma(a, b, c); }
  static F min(F a, F b) { return a < b ? a : b; }
  static F max(F a, F b) { return a > b ? a : b; }
  static F less(F a, F b, F yes, F no) { return a < b ? yes : no; }
  static F abs(F x) { return bits_float(float_bits(x) & 0x7FFFFFFF); }
  static F copy_sign(F magnitude, F sign) {
    return bits_float((float_bits(magnitude) & 0x7FFFFFFF) | (float_bits(sign) & 0x80000000));
  }
  static F larger(F a, F b) {
    const std::uint32_t x = float_bits(a), y = float_bits(b) & 0x7FFFFFFF;
    return bits_float(x > y ? x : y);
  }
  static F scale2(F x, F t) { return bits_float(float_bits(x) + (float_bits(t) << 23)); }

  static I start(std::int32_t) { return 0; }
  static void load_codes(const std::int8_t *&p, std::uint32_t, C (&c)[16]) {
    for (int row = 0; row < 16; ++row, p += 4) c[row] = p;
  }
  using X = const std::int8_t *;
  static X load_x(const std::int8_t *p) { return p; }
  template <std::uint32_t i>
  static I dot4(I acc, C w, X x) {
    return acc + w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3];
  }
  using B = std::int32_t;
  using S = std::int32_t;
  struct Zeros {
    std::int32_t of[2];
  };
  using N = std::uint32_t;
  static void load_nibbles(const std::int8_t *&p, N (&low)[16], N (&high)[16]) {
    for (int row = 0; row < 16; ++row, p += 4) {
      low[row] = load_word(p) & 0x0F0F0F0F;
      high[row] = load_word(p) >> 4 & 0x0F0F0F0F;
    }
  }
  static B block_start(std::int32_t start) { return start; }
  template <std::uint32_t i>
  static B block_dot(B acc, std::uint32_t n, X x) {
    std::int8_t codes[4];
    __builtin_memcpy(codes, &n, 4);
    return dot4<i>(acc, codes, x);
  }
  static void load_scales(const std::byte *p, std::int32_t (&scales)[16]) {
    for (int row = 0; row < 16; ++row) scales[row] = static_cast<std::int32_t>(p[row]) & 15;
  }
  static I add_block(I acc, B block, std::int32_t scale) { return acc + block * scale; }
  static void load_zeros(const std::byte *p, Zeros (&zeros)[16]) {
    for (int row = 0; row < 16; ++row) zeros[row] = {{shift_of(p[row]), shift_of(p[row + 16])}};
  }
  static I add_zeros(I acc, Zeros zeros, const std::int16_t *sums) {
    return acc + zeros.of[0] * sums[0] + zeros.of[1] * sums[1];
  }
  static std::int32_t shift_of(std::byte fine) { return format::kQ4Shift * (static_cast<std::int8_t>(fine) >> 4); }

  static F to_float(I x) { return static_cast<float>(x); }

  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    return codes_one_by_one(x, n, inverse, out);
  }

  static void to_f16(const float *x, std::uint32_t n, std::uint16_t *y) {
    for (std::uint32_t i = 0; i < n; ++i) y[i] = float_to_half(x[i]);
  }
};

}  // namespace
}  // namespace tidbit
