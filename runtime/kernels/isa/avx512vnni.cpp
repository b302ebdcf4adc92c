// AVX-512 F, BW, DQ, VL and VNNI: 16 lanes. (The tests also compile this file with an emulation of the intrinsics,
// which then also replaces xsimd.)
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_AVX512VNNI

#include <immintrin.h>

#include "kernels/generic/table.h"
#include "kernels/isa/xsimd_lanes.h"

namespace {
struct Avx512 : xsimd::avx512bw {};
}  // namespace

namespace xsimd::types {
XSIMD_DECLARE_SIMD_REGISTER_ALIAS(Avx512, avx512bw);
}

namespace tidbit {
namespace {

struct Avx512Lanes : XsimdLanes<Avx512> {
  using Sums = __m512i;
  using Codes = __m512i;
  static constexpr std::uint32_t code_words = 1, input_words = 8;
  static constexpr Tuning tuning = {.streams = 4,
                                    .tiles = 2,
                                    .tokens = 8,
                                    .queries = 4,
                                    .widen_f16 = true,
                                    .unpack_from = 64,
                                    .prefetch_floats = true,
                                    .prefetch_blocks = true};

  static __mmask16 first(std::uint32_t n) { return static_cast<__mmask16>((1u << n) - 1); }

  static Floats load_part(const float *p, std::uint32_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
  static void store_part(float *p, Floats x, std::uint32_t n) { _mm512_mask_storeu_ps(p, first(n), x); }
  static Floats load_f16(const std::uint16_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(p)));
  }
  static Floats load_f16_part(const std::uint16_t *p, std::uint32_t n) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(n), p));
  }
  static Floats load_i8(const std::int8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p))));
  }
  static Floats load_i8_part(const std::int8_t *p, std::uint32_t n) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(first(n), p)));
  }

  static Floats set(float x) { return _mm512_set1_ps(x); }
  static Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }  // xsimd 8's rounds twice
  // The instructions return the second operand for NaN and for two zeros, as required.
  static Floats min(Floats a, Floats b) { return _mm512_min_ps(a, b); }
  static Floats max(Floats a, Floats b) { return _mm512_max_ps(a, b); }
  static Floats less(Floats a, Floats b, Floats yes, Floats no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
  }
  static Floats abs(Floats x) { return _mm512_andnot_ps(set(-0.0f), x); }
  static Floats copy_sign(Floats magnitude, Floats sign) {
    return _mm512_or_ps(abs(magnitude), _mm512_and_ps(set(-0.0f), sign));
  }
  static Floats larger(Floats a, Floats b) {
    return _mm512_castsi512_ps(_mm512_max_epu32(_mm512_castps_si512(a), _mm512_castps_si512(abs(b))));
  }
  template <int h>
  static Floats butterflies(Floats x) {
    constexpr __mmask16 kMinus = h == 8 ? 0xFF00 : h == 4 ? 0xF0F0 : h == 2 ? 0xCCCC : 0xAAAA;
    const __m512 other = h == 8   ? _mm512_shuffle_f32x4(x, x, 0b01001110)
                         : h == 4 ? _mm512_shuffle_f32x4(x, x, 0b10110001)
                         : h == 2 ? _mm512_shuffle_ps(x, x, 0b01001110)
                                  : _mm512_shuffle_ps(x, x, 0b10110001);
    return _mm512_mask_sub_ps(_mm512_add_ps(other, x), kMinus, other, x);
  }
  static Floats add_to_exponent(Floats x, Floats t) {
    const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(t), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), exponent));
  }

  // vpdpbusd takes unsigned weights, so this adds 128 to w. `start` subtracts 128 times the sum of x in advance.
  static void load_codes(const std::int8_t *&p, std::uint32_t, Codes (&c)[1]) {
    c[0] = _mm512_xor_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(static_cast<int>(0x80808080)));
    p += 64;
  }
  static Sums start(std::int32_t sum) { return _mm512_set1_epi32(-128 * sum); }
  using Inputs = const std::int8_t *;
  static Inputs load_inputs(const std::int8_t *p) { return p; }
  template <std::uint32_t i>
  static Sums dot(Sums acc, Codes w, Inputs x) {
    return _mm512_dpbusd_epi32(acc, w, _mm512_set1_epi32(static_cast<int>(load_word(x + 4 * i))));
  }

  using SmallCodes = __m512i;
  using Packed = __m512i;
  static Packed load_packed(const std::int8_t *p, std::uint32_t) { return _mm512_loadu_si512(p); }
  template <std::uint32_t from, std::uint32_t bits, std::uint32_t to>
  static SmallCodes take(Packed line) {
    const __m512i moved = from > to   ? _mm512_srli_epi32(line, from - to)
                          : from < to ? _mm512_slli_epi32(line, to - from)
                                      : line;
    return _mm512_and_si512(moved, _mm512_set1_epi32(static_cast<int>(((1u << bits) - 1) * 0x01010101u << to)));
  }
  static SmallCodes join(SmallCodes a, SmallCodes b) { return _mm512_or_si512(a, b); }

  using BlockSums = __m512i;
  template <class W>
  static BlockSums start_block(std::int32_t start) {
    return _mm512_set1_epi32(start);
  }
  template <class W, std::uint32_t i>
  static BlockSums dot_block(BlockSums sums, SmallCodes codes, Inputs x) {
    return dot<i>(sums, codes, x);
  }

  static __m512i load_fine(const std::byte *p) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
  }
  using Scales = __m512i;
  template <class W>
  static void load_scales(const std::byte *fine, Scales (&scales)[1]) {
    scales[0] = _mm512_and_si512(load_fine(fine), _mm512_set1_epi32(15));
  }
  // A sum that fits int16 is the low half of a pair. The scale's high half is 0, so the sum's high half, its sign, does
  // not count.
  template <class W>
  static Sums add_block(Sums sums, BlockSums block, Scales scale) {
    if constexpr (kBlockFitsInt16<W>) return _mm512_dpwssd_epi32(sums, block, scale);
    return _mm512_add_epi32(sums, _mm512_mullo_epi32(block, scale));
  }

  // unit * shift of both blocks, as a pair of int16.
  using Zeros = __m512i;
  template <class W>
  static void load_zeros(const std::byte *fine, Zeros (&zeros)[1]) {
    const __m512i unit = _mm512_set1_epi32(W::shift_unit);
    const __m512i low = _mm512_mullo_epi32(_mm512_srai_epi32(load_fine(fine), 4), unit);
    const __m512i high = _mm512_mullo_epi32(_mm512_srai_epi32(load_fine(fine + format::kTileRows), 4), unit);
    zeros[0] = _mm512_or_si512(_mm512_and_si512(low, _mm512_set1_epi32(0xFFFF)), _mm512_slli_epi32(high, 16));
  }
  // Two bytes at a time: no product exceeds a byte, so the lower one does not carry into the higher one.
  template <class W>
  static SmallCodes scale_codes(SmallCodes codes, Scales scale) {
    return _mm512_mullo_epi16(codes, _mm512_or_si512(scale, _mm512_slli_epi32(scale, 16)));
  }
  template <class W>
  static void load_all_zeros(const std::byte *fine, Zeros (&zeros)[1]) {
    const __m512i first = zero_of<W>(load_fine(fine)), second = zero_of<W>(load_fine(fine + format::kTileRows));
    zeros[0] = _mm512_or_si512(_mm512_and_si512(first, _mm512_set1_epi32(0xFFFF)), _mm512_slli_epi32(second, 16));
  }
  // unit * shift - zero * scale.
  template <class W>
  static __m512i zero_of(__m512i fine) {
    const __m512i scale = _mm512_and_si512(fine, _mm512_set1_epi32(15));
    const __m512i shift = _mm512_mullo_epi32(_mm512_srai_epi32(fine, 4), _mm512_set1_epi32(W::shift_unit));
    return _mm512_sub_epi32(shift, _mm512_mullo_epi32(scale, _mm512_set1_epi32(W::zero)));
  }

  template <class W>
  static Sums add_zeros(Sums sums, Zeros zeros, const std::int16_t *pair) {
    int both;
    __builtin_memcpy(&both, pair, 4);
    return _mm512_dpwssd_epi32(sums, _mm512_set1_epi32(both), zeros);
  }

  static Floats to_float(Sums x) { return _mm512_cvtepi32_ps(x); }

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

extern constinit const Kernels kAvx512vnniKernels = make_kernels<Avx512Lanes>(TIDBIT_ISA_AVX512VNNI);

}  // namespace tidbit

#endif  // TIDBIT_FILE_AVX512VNNI
