// AVX-512 F, BW, DQ, VL and VNNI: 16 lanes. Intrinsics throughout, so that the tests can compile this file with an
// emulation of them for a CPU without AVX-512.
#include <immintrin.h>

#include "kernels/int4_bodies.h"

namespace tidbit {
namespace {

struct Avx512Lanes {
  using F = __m512;
  using I = __m512i;
  using C = __m512i;
  static constexpr std::uint32_t width = 16, streams = 4, block_tiles = 2, block_tokens = 8, block_queries = 4,
                                 block_vectors = 4, turn = 8, step = 1;
  static constexpr bool widen_f16 = true, prefetch_floats = true, prefetch_q8 = false, prefetch_q4 = true;

  static __mmask16 first(std::uint32_t n) { return static_cast<__mmask16>((1u << n) - 1); }

  static F load(const float *p) { return _mm512_loadu_ps(p); }
  static F load_part(const float *p, std::uint32_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
  static void store(float *p, F x) { _mm512_storeu_ps(p, x); }
  static void store_part(float *p, F x, std::uint32_t n) { _mm512_mask_storeu_ps(p, first(n), x); }
  static F load_f16(const std::uint16_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(p)));
  }
  static F load_f16_part(const std::uint16_t *p, std::uint32_t n) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(n), p));
  }
  static F load_i8(const std::int8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p))));
  }
  static F load_i8_part(const std::int8_t *p, std::uint32_t n) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(first(n), p)));
  }

  static F set(float x) { return _mm512_set1_ps(x); }
  static F add(F a, F b) { return _mm512_add_ps(a, b); }
  static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static F div(F a, F b) { return _mm512_div_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  // The instructions give the second operand for NaN and for two zeros, as asked for.
  static F min(F a, F b) { return _mm512_min_ps(a, b); }
  static F max(F a, F b) { return _mm512_max_ps(a, b); }
  static F less(F a, F b, F yes, F no) { return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes); }
  static F abs(F x) { return _mm512_andnot_ps(set(-0.0f), x); }
  static F copy_sign(F magnitude, F sign) { return _mm512_or_ps(abs(magnitude), _mm512_and_ps(set(-0.0f), sign)); }
  static F larger(F a, F b) {
    return _mm512_castsi512_ps(_mm512_max_epu32(_mm512_castps_si512(a), _mm512_castps_si512(abs(b))));
  }
  static F scale2(F x, F t) {
    const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(t), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), exponent));
  }

  // vpdpbusd wants unsigned weights: w + 128, and 128 times the sum of x taken off beforehand.
  static void load_codes(const std::int8_t *&p, std::uint32_t, C (&c)[1]) {
    c[0] = _mm512_xor_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(static_cast<int>(0x80808080)));
    p += 64;
  }
  static I start(std::int32_t sum) { return _mm512_set1_epi32(-128 * sum); }
  using X = const std::int8_t *;
  static X load_x(const std::int8_t *p) { return p; }
  template <std::uint32_t i>
  static I dot4(I acc, C w, X x) {
    return _mm512_dpbusd_epi32(acc, w, _mm512_set1_epi32(static_cast<int>(load_word(x + 4 * i))));
  }
  // With the codes' zero taken off by its start, a block's sum fits 16 bits: 32 * 8 * 127 < 2^15.
  using B = __m512i;
  using N = __m512i;
  using S = __m512i;
  using Zeros = __m512i;
  static void load_nibbles(const std::int8_t *&p, N (&low)[1], N (&high)[1]) {
    const __m512i both = _mm512_loadu_si512(p), mask = _mm512_set1_epi32(0x0F0F0F0F);
    low[0] = _mm512_and_si512(both, mask);
    high[0] = _mm512_and_si512(_mm512_srli_epi32(both, 4), mask);
    p += 64;
  }
  static B block_start(std::int32_t start) { return _mm512_set1_epi32(start); }
  template <std::uint32_t i>
  static B block_dot(B acc, __m512i n, X x) {
    return dot4<i>(acc, n, x);
  }
  static __m512i load_fine(const std::byte *p) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
  }
  // The scale as the low half of a 16-bit pair; the high half meets the sign of the block's sum.
  static void load_scales(const std::byte *p, __m512i (&scales)[1]) {
    scales[0] = _mm512_and_si512(load_fine(p), _mm512_set1_epi32(15));
  }
  static I add_block(I acc, B block, __m512i scale) { return _mm512_dpwssd_epi32(acc, block, scale); }
  // 6 shift of both blocks as a 16-bit pair.
  static void load_zeros(const std::byte *p, __m512i (&zeros)[1]) {
    const __m512i six = _mm512_set1_epi32(format::kQ4Shift);
    const __m512i low = _mm512_mullo_epi32(_mm512_srai_epi32(load_fine(p), 4), six);
    const __m512i high = _mm512_mullo_epi32(_mm512_srai_epi32(load_fine(p + 16), 4), six);
    zeros[0] = _mm512_or_si512(_mm512_and_si512(low, _mm512_set1_epi32(0xFFFF)), _mm512_slli_epi32(high, 16));
  }
  static I add_zeros(I acc, __m512i zeros, const std::int16_t *sums) {
    int pair;
    __builtin_memcpy(&pair, sums, 4);
    return _mm512_dpwssd_epi32(acc, _mm512_set1_epi32(pair), zeros);
  }

  static F to_float(I x) { return _mm512_cvtepi32_ps(x); }

  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    __m512i sums = _mm512_setzero_si512();
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
      const __m512i codes = _mm512_cvtps_epi32(mul(load(x + i), set(inverse)));
      sums = _mm512_add_epi32(sums, codes);
      _mm_storeu_si128(reinterpret_cast<__m128i *>(out + i), _mm512_cvtepi32_epi8(codes));
    }
    return _mm512_reduce_add_epi32(sums) + codes_one_by_one(x + i, static_cast<std::uint32_t>(n - i), inverse, out + i);
  }

  static void to_f16(const float *x, std::uint32_t n, std::uint16_t *y) {
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
      const __m256i halves = _mm512_cvtps_ph(load(x + i), _MM_FROUND_TO_NEAREST_INT);
      _mm256_storeu_si256(reinterpret_cast<__m256i *>(y + i), halves);
    }
    for (; i < n; ++i) y[i] = float_to_half(x[i]);
  }
};

}  // namespace

constinit const Kernels kAvx512VnniKernels = make_kernels<Avx512Lanes>(TIDBIT_ISA_AVX512VNNI);

}  // namespace tidbit
