// WebAssembly with SIMD128: 4 lanes. It has no fused multiply-add, so two vectors of doubles replace it.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_SIMD128

#include <wasm_simd128.h>

#include "kernels/generic/table.h"
#include "kernels/isa/padded.h"

namespace tidbit {
namespace {

// fma_by_double, lane by lane.
[[gnu::noinline, gnu::cold]] v128_t fma_of_lanes(v128_t a, v128_t b, v128_t c) {
  float x[4], y[4], z[4];
  wasm_v128_store(x, a);
  wasm_v128_store(y, b);
  wasm_v128_store(z, c);
  for (int i = 0; i < 4; ++i) z[i] = fma_by_double(x[i], y[i], z[i]);
  return wasm_v128_load(z);
}

// One token at a time. Two would be a tenth faster, but double the code, which users have to download.
struct Simd128Lanes {
  using Floats = v128_t;
  static constexpr std::uint32_t width = 4, code_words = 1, input_words = 4;
  static constexpr Tuning tuning = {};

  static Floats load(const float *p) { return wasm_v128_load(p); }
  static Floats load_part(const float *p, std::uint32_t n) { return load(Padded(p, n).all); }
  // The bits of an f16, shifted to their places in an f32, give a number that is 2^112 times too small. Infinity and
  // NaN also need the remaining bits of the exponent.
  static Floats load_f16(const std::uint16_t *p) {
    const v128_t half = wasm_u32x4_load16x4(p);
    const v128_t bits = wasm_i32x4_shl(wasm_v128_and(half, wasm_i32x4_splat(0x7FFF)), 13);
    const v128_t too_large = wasm_i32x4_gt(bits, wasm_i32x4_splat(0x0F7FFFFF));
    const v128_t magnitude = wasm_f32x4_mul(bits, set(0x1p+112f));
    const v128_t sign = wasm_i32x4_shl(wasm_v128_and(half, wasm_i32x4_splat(0x8000)), 16);
    const v128_t exponent = wasm_v128_and(too_large, wasm_i32x4_splat(0x7F800000));
    return wasm_v128_or(wasm_v128_or(magnitude, sign), exponent);
  }
  static Floats load_f16_part(const std::uint16_t *p, std::uint32_t n) { return load_f16(Padded(p, n).all); }
  static Floats load_i8(const std::int8_t *p) {
    return to_float(wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(p))));
  }
  static Floats load_i8_part(const std::int8_t *p, std::uint32_t n) { return load_i8(Padded(p, n).all); }
  static void store(float *p, Floats x) { wasm_v128_store(p, x); }
  static void store_part(float *p, Floats x, std::uint32_t n) {
    float all[4];
    store(all, x);
    for (std::uint32_t i = 0; i < n; ++i) p[i] = all[i];
  }

  static Floats set(float x) { return wasm_f32x4_splat(x); }
  static Floats add(Floats a, Floats b) { return wasm_f32x4_add(a, b); }
  static Floats sub(Floats a, Floats b) { return wasm_f32x4_sub(a, b); }
  static Floats mul(Floats a, Floats b) { return wasm_f32x4_mul(a, b); }
  static Floats div(Floats a, Floats b) { return wasm_f32x4_div(a, b); }
  static Floats min(Floats a, Floats b) { return wasm_f32x4_pmin(b, a); }
  static Floats max(Floats a, Floats b) { return wasm_f32x4_pmax(b, a); }
  static Floats less(Floats a, Floats b, Floats yes, Floats no) {
    return wasm_v128_bitselect(yes, no, wasm_f32x4_lt(a, b));
  }
  static Floats abs(Floats x) { return wasm_f32x4_abs(x); }
  static Floats copy_sign(Floats magnitude, Floats sign) {
    return wasm_v128_bitselect(sign, magnitude, wasm_u32x4_splat(0x80000000));
  }
  template <int h>
  static Floats butterflies(Floats x) {
    constexpr int kBit = static_cast<int>(0x80000000);
    const v128_t other = h == 2 ? wasm_i32x4_shuffle(x, x, 2, 3, 0, 1) : wasm_i32x4_shuffle(x, x, 1, 0, 3, 2);
    return add(other, wasm_v128_xor(x, wasm_i32x4_const(0, h == 1 ? kBit : 0, h == 2 ? kBit : 0, kBit)));
  }
  static Floats larger(Floats a, Floats b) { return wasm_u32x4_max(a, abs(b)); }
  static Floats add_to_exponent(Floats x, Floats t) { return wasm_i32x4_add(x, wasm_i32x4_shl(t, 23)); }

  // a b + c of the first two lanes, as doubles; the product is exact.
  [[gnu::always_inline]] static v128_t sum_of_two(Floats a, Floats b, Floats c) {
    const v128_t product = wasm_f64x2_mul(wasm_f64x2_promote_low_f32x4(a), wasm_f64x2_promote_low_f32x4(b));
    return wasm_f64x2_add(product, wasm_f64x2_promote_low_f32x4(c));
  }
  static Floats last_two(Floats x) { return wasm_i32x4_shuffle(x, x, 2, 3, 2, 3); }

  // Rounding the double sum to a float gives what fma gives, unless that sum, which is itself rounded, is halfway
  // between two floats. For normal floats, its last 29 bits are then a one and zeros. Sums below 2^-126 that are not
  // zero also take the slow, exact path.
  [[gnu::always_inline]] static Floats fma(Floats a, Floats b, Floats c) {
    const v128_t low = sum_of_two(a, b, c), high = sum_of_two(last_two(a), last_two(b), last_two(c));
    const v128_t last_words = wasm_i32x4_shuffle(low, high, 0, 2, 4, 6);
    const v128_t first_words = wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
    const v128_t middle = wasm_i32x4_eq(wasm_i32x4_shl(last_words, 3), wasm_u32x4_splat(0x80000000));
    // The first word without its sign, doubled, minus 1, as unsigned: 0 becomes the largest number.
    const v128_t magnitude = wasm_i32x4_add(wasm_i32x4_shl(first_words, 1), wasm_i32x4_splat(0x7FFFFFFF));
    const v128_t tiny = wasm_i32x4_lt(magnitude, wasm_u32x4_splat((0x38100000u << 1) + 0x7FFFFFFF));
    if (__builtin_expect(wasm_v128_any_true(wasm_v128_or(middle, tiny)), 0)) return fma_of_lanes(a, b, c);
    return wasm_i32x4_shuffle(wasm_f32x4_demote_f64x2_zero(low), wasm_f32x4_demote_f64x2_zero(high), 0, 1, 4, 5);
  }

  // ---- integer sums: two 16-bit products at a time, so codes are split into those of even and of odd columns ----

  using Sums = v128_t;
  static Sums start(std::int32_t) { return wasm_i32x4_splat(0); }
  static Floats to_float(Sums x) { return wasm_f32x4_convert_i32x4(x); }

  struct EvenOdd {
    v128_t even, odd;
  };
  static EvenOdd split(v128_t codes) { return {wasm_i16x8_shr(wasm_i16x8_shl(codes, 8), 8), wasm_i16x8_shr(codes, 8)}; }

  using Codes = EvenOdd;
  static void load_codes(const std::int8_t *&p, std::uint32_t, Codes (&c)[4]) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) c[i] = split(wasm_v128_load(p + i * 16));
    p += 64;
  }
  using Inputs = EvenOdd;
  static Inputs load_inputs(const std::int8_t *p) { return split(wasm_v128_load(p)); }

  // Word i in each lane.
  template <std::uint32_t i>
  static v128_t word(v128_t x) {
    return wasm_i32x4_shuffle(x, x, i, i, i, i);
  }
  template <std::uint32_t i>
  [[gnu::always_inline]] static Sums dot(Sums acc, Codes w, Inputs x) {
    acc = wasm_i32x4_add(acc, wasm_i32x4_dot_i16x8(w.even, word<i>(x.even)));
    return wasm_i32x4_add(acc, wasm_i32x4_dot_i16x8(w.odd, word<i>(x.odd)));
  }

  using SmallCodes = EvenOdd;
  using Packed = v128_t;
  static Packed load_packed(const std::int8_t *p, std::uint32_t i) { return wasm_v128_load(p + i * 16); }
  template <std::uint32_t from, std::uint32_t bits, std::uint32_t to>
  static SmallCodes take(Packed line) {
    const v128_t mask = wasm_i16x8_splat(static_cast<std::int16_t>(((1u << bits) - 1) << to));
    const v128_t even = from > to   ? wasm_u16x8_shr(line, from - to)
                        : from < to ? wasm_i16x8_shl(line, to - from)
                                    : line;
    const v128_t odd = wasm_u16x8_shr(line, 8 + from - to);
    return {wasm_v128_and(even, mask), from + bits == 8 && to == 0 ? odd : wasm_v128_and(odd, mask)};
  }
  static SmallCodes join(SmallCodes a, SmallCodes b) {
    return {wasm_v128_or(a.even, b.even), wasm_v128_or(a.odd, b.odd)};
  }
  using BlockSums = v128_t;
  template <class W>
  static BlockSums start_block(std::int32_t start) {
    return wasm_i32x4_splat(start);
  }
  template <class W, std::uint32_t i>
  [[gnu::always_inline]] static BlockSums dot_block(BlockSums sums, SmallCodes codes, Inputs x) {
    return dot<i>(sums, codes, x);
  }

  // 16 numbers of 8 bits, 8 rows each.
  static void widen(v128_t bytes, v128_t (&rows)[2]) {
    rows[0] = wasm_i16x8_extend_low_i8x16(bytes);
    rows[1] = wasm_i16x8_extend_high_i8x16(bytes);
  }
  using Scales = v128_t;
  template <class W>
  static void load_scales(const std::byte *fine, Scales (&scales)[4]) {
    v128_t rows[2];
    widen(wasm_v128_and(wasm_v128_load(fine), wasm_i8x16_splat(15)), rows);
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      scales[2 * i] = wasm_i32x4_extend_low_i16x8(rows[i]);
      scales[2 * i + 1] = wasm_i32x4_extend_high_i16x8(rows[i]);
    }
  }
  // A sum that fits int16 is the low half of a pair. The scale's high half is 0, so the sum's high half, its sign, does
  // not count.
  template <class W>
  static Sums add_block(Sums sums, BlockSums block, Scales scale) {
    return wasm_i32x4_add(sums, kBlockFitsInt16<W> ? wasm_i32x4_dot_i16x8(block, scale) : wasm_i32x4_mul(block, scale));
  }

  // The shifts of 4 rows in both blocks of a pair, side by side.
  using Zeros = v128_t;
  template <class W>
  static void load_shifts(const std::byte *fine, v128_t (&shifts)[2]) {
    widen(wasm_v128_load(fine), shifts);
#pragma GCC unroll 2
    for (v128_t &s : shifts) s = wasm_i16x8_mul(wasm_i16x8_shr(s, 4), wasm_i16x8_splat(W::shift_unit));
  }
  template <class W>
  static void load_zeros(const std::byte *fine, Zeros (&zeros)[4]) {
    v128_t first[2], second[2];
    load_shifts<W>(fine, first);
    load_shifts<W>(fine + format::kTileRows, second);
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      zeros[2 * i] = wasm_i16x8_shuffle(first[i], second[i], 0, 8, 1, 9, 2, 10, 3, 11);
      zeros[2 * i + 1] = wasm_i16x8_shuffle(first[i], second[i], 4, 12, 5, 13, 6, 14, 7, 15);
    }
  }
  template <class W>
  static Sums add_zeros(Sums sums, Zeros zeros, const std::int16_t *pair) {
    return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(zeros, wasm_v128_load32_splat(pair)));
  }

  static v128_t codes_of_4(const float *x, float inverse) {
    const v128_t bits = add(mul(load(x), set(inverse)), set(kRoundMagic));
    return wasm_i32x4_sub(bits, wasm_i32x4_splat(kRoundMagicBits));
  }
  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    v128_t sums = wasm_i32x4_splat(0);
    std::uint32_t i = 0;
    for (; i + 16 <= n; i += 16) {
      v128_t pairs[2];
      for (std::uint32_t half = 0; half < 2; ++half) {
        const float *at = x + i + half * 8;
        pairs[half] = wasm_i16x8_narrow_i32x4(codes_of_4(at, inverse), codes_of_4(at + 4, inverse));
        sums = wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(pairs[half]));
      }
      wasm_v128_store(out + i, wasm_i8x16_narrow_i16x8(pairs[0], pairs[1]));
    }
    const std::int32_t sum = wasm_i32x4_extract_lane(sums, 0) + wasm_i32x4_extract_lane(sums, 1) +
                             wasm_i32x4_extract_lane(sums, 2) + wasm_i32x4_extract_lane(sums, 3);
    return sum + codes_one_by_one(x + i, n - i, inverse, out + i);
  }

  static void to_f16(const float *x, std::uint32_t n, std::uint16_t *y) {
    for (std::uint32_t i = 0; i < n; ++i) y[i] = float_to_half(x[i]);
  }
};

}  // namespace

extern constinit const Kernels kSimd128Kernels = make_kernels<Simd128Lanes>(TIDBIT_ISA_SIMD128);

}  // namespace tidbit

#endif  // TIDBIT_FILE_SIMD128
