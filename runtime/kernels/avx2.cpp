// AVX2 with FMA and F16C: 8 lanes.
#include <immintrin.h>

#include "kernels/int4_bodies.h"
#include "kernels/lanes_xsimd.h"

namespace {
struct Avx2 : xsimd::fma3<xsimd::avx2> {};
}  // namespace

namespace xsimd::types {
XSIMD_DECLARE_SIMD_REGISTER_ALIAS(Avx2, fma3<avx2>);
}

namespace tidbit {
namespace {

struct Avx2Lanes : XsimdLanes<Avx2> {
  using I = __m256i;
  static constexpr std::uint32_t streams = 4, block_tiles = 1, block_tokens = 4, block_queries = 4, block_vectors = 2,
                                 turn = 4, step = 1;
  static constexpr bool widen_f16 = true, prefetch_floats = true, prefetch_q8 = true, prefetch_q4 = true;

  // All ones in the first n lanes.
  static __m256i first(std::uint32_t n) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
  }

  static F load_part(const float *p, std::uint32_t n) { return _mm256_maskload_ps(p, first(n)); }
  static void store_part(float *p, F x, std::uint32_t n) { _mm256_maskstore_ps(p, first(n), x); }
  static F load_f16(const std::uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
  }
  static F load_f16_part(const std::uint16_t *p, std::uint32_t n) {
    std::uint16_t all[8] = {};
    for (std::uint32_t i = 0; i < n; ++i) all[i] = p[i];
    return load_f16(all);
  }
  static F load_i8(const std::int8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p))));
  }
  static F load_i8_part(const std::int8_t *p, std::uint32_t n) {
    std::int8_t all[8] = {};
    for (std::uint32_t i = 0; i < n; ++i) all[i] = p[i];
    return load_i8(all);
  }

  static F set(float x) { return _mm256_set1_ps(x); }
  // The instructions give the second operand for NaN and for two zeros, as asked for.
  static F min(F a, F b) { return _mm256_min_ps(a, b); }
  static F max(F a, F b) { return _mm256_max_ps(a, b); }
  static F less(F a, F b, F yes, F no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
  static F abs(F x) { return _mm256_andnot_ps(set(-0.0f), x); }
  static F copy_sign(F magnitude, F sign) { return _mm256_or_ps(abs(magnitude), _mm256_and_ps(set(-0.0f), sign)); }
  static F larger(F a, F b) {
    return _mm256_castsi256_ps(_mm256_max_epu32(_mm256_castps_si256(a), _mm256_castps_si256(abs(b))));
  }
  static F scale2(F x, F t) {
    const __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(t), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), exponent));
  }

  // vpmaddubsw wants one operand unsigned: |w| times x with the sign of w. A pair of products is at most
  // 2 * 128 * 127 and does not saturate.
  struct C {
    __m256i codes, magnitudes;
  };
  static void load_codes(const std::int8_t *&p, std::uint32_t, C (&c)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p) + i);
      c[i] = {codes, _mm256_abs_epi8(codes)};
    }
    p += 64;
  }
  static I start(std::int32_t) { return _mm256_setzero_si256(); }
  using X = const std::int8_t *;
  static X load_x(const std::int8_t *p) { return p; }
  template <std::uint32_t i>
  static __m256i word(X x) {
    return _mm256_set1_epi32(static_cast<int>(load_word(x + 4 * i)));
  }
  template <std::uint32_t i>
  static I dot4(I acc, C w, X words) {
    const __m256i x = word<i>(words);
    const __m256i pairs = _mm256_maddubs_epi16(w.magnitudes, _mm256_sign_epi8(x, w.codes));
    return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  // A block's sums of code pairs stay in int16: 16 * 15 * 127 < 2^15.
  using B = __m256i;
  using N = __m256i;
  using S = __m256i;
  using Zeros = __m256i;
  static void load_nibbles(const std::int8_t *&p, N (&low)[2], N (&high)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m256i both = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p) + i);
      low[i] = _mm256_and_si256(both, _mm256_set1_epi8(15));
      high[i] = _mm256_and_si256(_mm256_srli_epi16(both, 4), _mm256_set1_epi8(15));
    }
    p += 64;
  }
  static B block_start(std::int32_t) { return _mm256_setzero_si256(); }
  template <std::uint32_t i>
  static B block_dot(B acc, __m256i n, X x) {
    return _mm256_add_epi16(acc, _mm256_maddubs_epi16(n, word<i>(x)));
  }
  static __m256i load_fine(const std::byte *p) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p)));
  }
  // The scale twice, for the two 16-bit sums of a row.
  static void load_scales(const std::byte *p, __m256i (&scales)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m256i scale = _mm256_and_si256(load_fine(p + i * 8), _mm256_set1_epi32(15));
      scales[i] = _mm256_or_si256(scale, _mm256_slli_epi32(scale, 16));
    }
  }
  static I add_block(I acc, B block, __m256i scale) { return _mm256_add_epi32(acc, _mm256_madd_epi16(block, scale)); }
  // 6 shift - 8 scale of both blocks as a 16-bit pair: block_start takes nothing off.
  static __m256i zero_of(__m256i fine) {
    const __m256i scale = _mm256_and_si256(fine, _mm256_set1_epi32(15));
    const __m256i shift = _mm256_mullo_epi32(_mm256_srai_epi32(fine, 4), _mm256_set1_epi32(format::kQ4Shift));
    return _mm256_sub_epi32(shift, _mm256_mullo_epi32(scale, _mm256_set1_epi32(format::kQ4Zero)));
  }
  static void load_zeros(const std::byte *p, __m256i (&zeros)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m256i first = zero_of(load_fine(p + i * 8)), second = zero_of(load_fine(p + i * 8 + 16));
      zeros[i] = _mm256_or_si256(_mm256_and_si256(first, _mm256_set1_epi32(0xFFFF)), _mm256_slli_epi32(second, 16));
    }
  }
  static I add_zeros(I acc, __m256i zeros, const std::int16_t *sums) {
    int pair;
    __builtin_memcpy(&pair, sums, 4);
    return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_set1_epi32(pair), zeros));
  }

  static F to_float(I x) { return _mm256_cvtepi32_ps(x); }

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

constinit const Kernels kAvx2Kernels = make_kernels<Avx2Lanes>(TIDBIT_ISA_AVX2);

}  // namespace tidbit
