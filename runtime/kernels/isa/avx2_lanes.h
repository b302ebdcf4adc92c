// AVX2 with FMA and F16C: 8 lanes.
#pragma once

#include <immintrin.h>

#include "kernels/isa/xsimd_lanes.h"
#include "kernels/lanes.h"

namespace {
struct Avx2 : xsimd::fma3<xsimd::avx2> {};
}  // namespace

namespace xsimd::types {
XSIMD_DECLARE_SIMD_REGISTER_ALIAS(Avx2, fma3<avx2>);
}

namespace tidbit {
namespace {

struct Avx2Lanes : XsimdLanes<Avx2> {
  using Sums = __m256i;
  static constexpr std::uint32_t code_words = 1, input_words = 4;
  static constexpr Tuning tuning = {.streams = 4,
                                    .tokens = 4,
                                    .queries = 4,
                                    .value_registers = 2,
                                    .widen_f16 = true,
                                    .unpack_from = 16,
                                    .prefetch_floats = true,
                                    .prefetch_q8 = true,
                                    .prefetch_blocks = true};

  // All ones in the first n lanes.
  static __m256i first(std::uint32_t n) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
  }

  static Floats load_part(const float *p, std::uint32_t n) { return _mm256_maskload_ps(p, first(n)); }
  static void store_part(float *p, Floats x, std::uint32_t n) { _mm256_maskstore_ps(p, first(n), x); }
  static Floats load_f16(const std::uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
  }
  static Floats load_f16_part(const std::uint16_t *p, std::uint32_t n) {
    std::uint16_t all[8] = {};
    for (std::uint32_t i = 0; i < n; ++i) all[i] = p[i];
    return load_f16(all);
  }
  static Floats load_i8(const std::int8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p))));
  }
  static Floats load_i8_part(const std::int8_t *p, std::uint32_t n) {
    std::int8_t all[8] = {};
    for (std::uint32_t i = 0; i < n; ++i) all[i] = p[i];
    return load_i8(all);
  }

  static Floats set(float x) { return _mm256_set1_ps(x); }
  // The instructions give the second operand for NaN and for two zeros, as asked for.
  static Floats min(Floats a, Floats b) { return _mm256_min_ps(a, b); }
  static Floats max(Floats a, Floats b) { return _mm256_max_ps(a, b); }
  static Floats less(Floats a, Floats b, Floats yes, Floats no) {
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
  }
  static Floats abs(Floats x) { return _mm256_andnot_ps(set(-0.0f), x); }
  static Floats copy_sign(Floats magnitude, Floats sign) {
    return _mm256_or_ps(abs(magnitude), _mm256_and_ps(set(-0.0f), sign));
  }
  static Floats larger(Floats a, Floats b) {
    return _mm256_castsi256_ps(_mm256_max_epu32(_mm256_castps_si256(a), _mm256_castps_si256(abs(b))));
  }
  template <int h>
  static Floats butterflies(Floats x) {
    const __m256 other = h == 4   ? _mm256_permute2f128_ps(x, x, 1)
                         : h == 2 ? _mm256_permute_ps(x, 0b01001110)
                                  : _mm256_permute_ps(x, 0b10110001);
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), bit = _mm256_set1_epi32(h);
    const __m256i minus = _mm256_slli_epi32(_mm256_cmpeq_epi32(_mm256_and_si256(lane, bit), bit), 31);
    return _mm256_fmadd_ps(x, _mm256_xor_ps(set(1.0f), _mm256_castsi256_ps(minus)), other);  // other + x or other - x
  }
  static Floats add_to_exponent(Floats x, Floats t) {
    const __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(t), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), exponent));
  }

  // vpmaddubsw takes one operand unsigned: |w| times x with the sign of w. A pair of products is at most
  // 2 * 128 * 127 and does not saturate.
  struct Codes {
    __m256i codes, magnitudes;
  };
  static void load_codes(const std::int8_t *&p, std::uint32_t, Codes (&c)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p) + i);
      c[i] = {codes, _mm256_abs_epi8(codes)};
    }
    p += 64;
  }
  static Sums start(std::int32_t) { return _mm256_setzero_si256(); }
  using Inputs = const std::int8_t *;
  static Inputs load_inputs(const std::int8_t *p) { return p; }
  template <std::uint32_t i>
  static __m256i word(Inputs x) {
    return _mm256_set1_epi32(static_cast<int>(load_word(x + 4 * i)));
  }
  template <std::uint32_t i>
  static Sums dot(Sums acc, Codes w, Inputs words) {
    const __m256i x = word<i>(words);
    const __m256i pairs = _mm256_maddubs_epi16(w.magnitudes, _mm256_sign_epi8(x, w.codes));
    return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }

  using SmallCodes = __m256i;
  using Packed = __m256i;
  static Packed load_packed(const std::int8_t *p, std::uint32_t i) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p) + i);
  }
  template <int from, int bits, int to>
  static SmallCodes take(Packed line) {
    const __m256i moved = from > to   ? _mm256_srli_epi16(line, from - to)
                          : from < to ? _mm256_slli_epi16(line, to - from)
                                      : line;
    return _mm256_and_si256(moved, _mm256_set1_epi8(((1 << bits) - 1) << to));
  }
  static SmallCodes join(SmallCodes a, SmallCodes b) { return _mm256_or_si256(a, b); }

  // A row's sum is two in int16, each of two products per word.
  using BlockSums = __m256i;
  template <class W>
  static constexpr std::uint32_t summed_words = W::zero <= 8    ? 8
                                                : W::zero <= 16 ? 4
                                                                : 2;

  template <class W>
  static BlockSums start_block(std::int32_t) {
    return _mm256_setzero_si256();
  }
  template <class W, std::uint32_t i>
  static BlockSums dot_block(BlockSums sums, SmallCodes codes, Inputs x) {
    static_assert(summed_words<W> * 2 * (2 * W::zero) * 127 < 1 << 15);
    return _mm256_add_epi16(sums, _mm256_maddubs_epi16(codes, word<i>(x)));
  }

  // The fine bytes of rows 8 i to 8 i + 7 in two blocks, as pairs of int16.
  static __m256i load_fine(const std::byte *first, const std::byte *second, int i) {
    const __m128i a = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(first + i * 8));
    const __m128i b = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(second + i * 8));
    return _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));
  }
  // The scale twice, for the two sums of a row.
  using Scales = __m256i;
  template <class W>
  static void load_scales(const std::byte *fine, Scales (&scales)[2]) {
    for (int i = 0; i < 2; ++i) scales[i] = _mm256_and_si256(load_fine(fine, fine, i), _mm256_set1_epi16(15));
  }
  template <class W>
  static Sums add_block(Sums sums, BlockSums block, Scales scale) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(block, scale));
  }

  // unit * shift - zero * scale of both blocks as a pair of int16: start_block takes nothing off.
  using Zeros = __m256i;
  template <class W>
  static void load_zeros(const std::byte *fine, Zeros (&zeros)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m256i pairs = load_fine(fine, fine + format::kTileRows, i);
      const __m256i scales = _mm256_and_si256(pairs, _mm256_set1_epi16(15)), shifts = _mm256_srai_epi16(pairs, 4);
      zeros[i] = _mm256_sub_epi16(_mm256_mullo_epi16(shifts, _mm256_set1_epi16(W::shift_unit)),
                                  _mm256_mullo_epi16(scales, _mm256_set1_epi16(W::zero)));
    }
  }
  template <class W>
  static Sums add_zeros(Sums sums, Zeros zeros, const std::int16_t *pair) {
    int both;
    __builtin_memcpy(&both, pair, 4);
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_set1_epi32(both), zeros));
  }

  static Floats to_float(Sums x) { return _mm256_cvtepi32_ps(x); }

  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    __m256i sums = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      const __m256i codes = _mm256_cvtps_epi32(mul(load(x + i), set(inverse)));
      sums = _mm256_add_epi32(sums, codes);
      const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(codes), _mm256_extracti128_si256(codes, 1));
      _mm_storel_epi64(reinterpret_cast<__m128i *>(out + i), _mm_packs_epi16(words, words));
    }
    std::int32_t lanes[8];
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(lanes), sums);
    std::int32_t sum = 0;
    for (const std::int32_t lane : lanes) sum += lane;
    return sum + codes_one_by_one(x + i, static_cast<std::uint32_t>(n - i), inverse, out + i);
  }

  static void to_f16(const float *x, std::uint32_t n, std::uint16_t *y) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      _mm_storeu_si128(reinterpret_cast<__m128i *>(y + i), _mm256_cvtps_ph(load(x + i), _MM_FROUND_TO_NEAREST_INT));
    }
    for (; i < n; ++i) y[i] = float_to_half(x[i]);
  }
};

}  // namespace
}  // namespace tidbit
