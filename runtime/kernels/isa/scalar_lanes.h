// One lane: the type of the reference table.
#pragma once

#include "kernels/lanes.h"

namespace tidbit {
namespace {

struct ScalarLanes {
  static constexpr int kRows = format::kTileRows;
  using Floats = float;
  using Sums = std::int32_t;
  using Codes = const std::int8_t *;
  static constexpr std::uint32_t width = 1, code_words = 1, input_words = 1;
  static constexpr Tuning tuning = {.value_registers = 1};

  static Floats load(const float *p) { return *p; }
  static Floats load_f16(const std::uint16_t *p) { return half_to_float(*p); }
  static Floats load_i8(const std::int8_t *p) { return static_cast<float>(*p); }
  static Floats load_part(const float *, std::uint32_t) { return 0; }
  static Floats load_f16_part(const std::uint16_t *, std::uint32_t) { return 0; }
  static Floats load_i8_part(const std::int8_t *, std::uint32_t) { return 0; }
  static void store(float *p, Floats x) { *p = x; }
  static void store_part(float *, Floats, std::uint32_t) {}

  static Floats set(float x) { return x; }
  static Floats add(Floats a, Floats b) { return a + b; }
  static Floats sub(Floats a, Floats b) { return a - b; }
  static Floats mul(Floats a, Floats b) { return a * b; }
  static Floats div(Floats a, Floats b) { return a / b; }
  static Floats fma(Floats a, Floats b, Floats c) { return tidbit::fma(a, b, c); }
  static Floats min(Floats a, Floats b) { return a < b ? a : b; }
  static Floats max(Floats a, Floats b) { return a > b ? a : b; }
  static Floats less(Floats a, Floats b, Floats yes, Floats no) { return a < b ? yes : no; }
  static Floats abs(Floats x) { return bits_float(float_bits(x) & 0x7FFFFFFF); }
  static Floats copy_sign(Floats magnitude, Floats sign) {
    return bits_float((float_bits(magnitude) & 0x7FFFFFFF) | (float_bits(sign) & 0x80000000));
  }
  static Floats larger(Floats a, Floats b) {
    const std::uint32_t x = float_bits(a), y = float_bits(b) & 0x7FFFFFFF;
    return bits_float(x > y ? x : y);
  }
  static Floats add_to_exponent(Floats x, Floats t) { return bits_float(float_bits(x) + (float_bits(t) << 23)); }

  static Sums start(std::int32_t) { return 0; }
  static void load_codes(const std::int8_t *&p, std::uint32_t, Codes (&c)[kRows]) {
    for (int row = 0; row < kRows; ++row, p += 4) c[row] = p;
  }
  using Inputs = const std::int8_t *;
  static Inputs load_inputs(const std::int8_t *p) { return p; }
  template <std::uint32_t i>
  static Sums dot(Sums acc, Codes w, Inputs x) {
    return acc + w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3];
  }

  using BlockSums = std::int32_t;
  using Scales = std::int32_t;
  using SmallCodes = std::uint32_t;  // a word
  struct Zeros {
    std::int32_t of[2];
  };
  using Packed = std::uint32_t;
  static Packed load_packed(const std::int8_t *p, std::uint32_t row) { return load_word(p + 4 * row); }
  template <std::uint32_t from, std::uint32_t bits, std::uint32_t to>
  static SmallCodes take(Packed line) {
    constexpr std::uint32_t kMask = ((1u << bits) - 1) * 0x01010101u << to;
    return (from >= to ? line >> (from - to) % 8 : line << (to - from) % 8) & kMask;
  }
  static SmallCodes join(SmallCodes a, SmallCodes b) { return a | b; }
  template <class W>
  static BlockSums start_block(std::int32_t start) {
    return start;
  }
  template <class W, std::uint32_t i>
  static BlockSums dot_block(BlockSums sums, SmallCodes word, Inputs x) {
    std::int8_t codes[4];
    __builtin_memcpy(codes, &word, 4);
    return dot<i>(sums, codes, x);
  }
  template <class W>
  static void load_scales(const std::byte *fine, Scales (&scales)[kRows]) {
    for (int row = 0; row < kRows; ++row) scales[row] = W::block_scale(static_cast<std::uint8_t>(fine[row]));
  }
  template <class W>
  static Sums add_block(Sums sums, BlockSums block, Scales scale) {
    return sums + block * scale;
  }
  template <class W>
  static std::int32_t shift_of(std::byte fine) {
    return W::shift_unit * W::block_shift(static_cast<std::uint8_t>(fine));
  }
  template <class W>
  static void load_zeros(const std::byte *fine, Zeros (&zeros)[kRows]) {
    for (int row = 0; row < kRows; ++row) zeros[row] = {{shift_of<W>(fine[row]), shift_of<W>(fine[row + kRows])}};
  }
  template <class W>
  static Sums add_zeros(Sums sums, Zeros zeros, const std::int16_t *pair) {
    return sums + zeros.of[0] * pair[0] + zeros.of[1] * pair[1];
  }

  static Floats to_float(Sums x) { return static_cast<float>(x); }

  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    return codes_one_by_one(x, n, inverse, out);
  }

  static void to_f16(const float *x, std::uint32_t n, std::uint16_t *y) {
    for (std::uint32_t i = 0; i < n; ++i) y[i] = float_to_half(x[i]);
  }
};

}  // namespace
}  // namespace tidbit
