// SIMDe's AVX-512 under the intrinsics' own names, and what SIMDe 0.7.4 lacks of them, lane by lane.
#pragma once

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <immintrin.h>
#include <simde/x86/avx512.h>

#include <bit>
#include <cmath>
#include <cstring>

namespace emulated {

template <class T>
struct Lanes16 {
  T lane[16];
};
using Ints = Lanes16<std::int32_t>;
using Floats = Lanes16<float>;

inline __m512 loadu_part(unsigned mask, const void *p) {
  Floats r{};
  for (unsigned i = 0; i < 16; ++i) {
    if (mask >> i & 1) std::memcpy(&r.lane[i], static_cast<const float *>(p) + i, 4);
  }
  return std::bit_cast<__m512>(r);
}

inline void storeu_part(void *p, unsigned mask, __m512 x) {
  const Floats from = std::bit_cast<Floats>(x);
  for (unsigned i = 0; i < 16; ++i) {
    if (mask >> i & 1) std::memcpy(static_cast<float *>(p) + i, &from.lane[i], 4);
  }
}

template <class T, class Vector>
Vector load_integers(unsigned mask, const void *p) {
  Lanes16<T> r{};
  for (unsigned i = 0; i < 16; ++i) {
    if (mask >> i & 1) r.lane[i] = static_cast<const T *>(p)[i];
  }
  return std::bit_cast<Vector>(r);
}

inline __m512 int_to_float(__m512i x) {
  const Ints from = std::bit_cast<Ints>(x);
  Floats r;
  for (unsigned i = 0; i < 16; ++i) r.lane[i] = static_cast<float>(from.lane[i]);
  return std::bit_cast<__m512>(r);
}

inline __m512i float_to_int(__m512 x) {
  const Floats from = std::bit_cast<Floats>(x);
  Ints r;
  for (unsigned i = 0; i < 16; ++i) r.lane[i] = static_cast<std::int32_t>(std::nearbyint(from.lane[i]));
  return std::bit_cast<__m512i>(r);
}

inline __m512i widen(__m128i x) {
  const auto from = std::bit_cast<Lanes16<std::int8_t>>(x);
  Ints r;
  for (unsigned i = 0; i < 16; ++i) r.lane[i] = from.lane[i];
  return std::bit_cast<__m512i>(r);
}

inline __m128i narrow(__m512i x) {
  const Ints from = std::bit_cast<Ints>(x);
  Lanes16<std::int8_t> r;
  for (unsigned i = 0; i < 16; ++i) r.lane[i] = static_cast<std::int8_t>(from.lane[i]);
  return std::bit_cast<__m128i>(r);
}

inline __m512i shift_right(__m512i x, unsigned bits) {
  Ints r = std::bit_cast<Ints>(x);
  for (std::int32_t &lane : r.lane) lane >>= bits;
  return std::bit_cast<__m512i>(r);
}

inline std::int32_t sum(__m512i x) {
  std::int32_t r = 0;
  for (const std::int32_t lane : std::bit_cast<Ints>(x).lane) r += lane;
  return r;
}

struct Halves {
  __m256 lo, hi;
};

inline __m512 halves_to_float(__m256i x) {
  return std::bit_cast<__m512>(
      Halves{_mm256_cvtph_ps(_mm256_castsi256_si128(x)), _mm256_cvtph_ps(_mm256_extracti128_si256(x, 1))});
}

inline __m256i float_to_halves(__m512 x) {
  const Halves from = std::bit_cast<Halves>(x);
  return _mm256_set_m128i(_mm256_cvtps_ph(from.hi, _MM_FROUND_TO_NEAREST_INT),
                          _mm256_cvtps_ph(from.lo, _MM_FROUND_TO_NEAREST_INT));
}

}  // namespace emulated

#define _mm512_maskz_loadu_ps(mask, p) emulated::loadu_part(mask, p)
#define _mm512_mask_storeu_ps(p, mask, x) emulated::storeu_part(p, mask, x)
#define _mm256_maskz_loadu_epi16(mask, p) emulated::load_integers<std::int16_t, __m256i>(mask, p)
#define _mm_maskz_loadu_epi8(mask, p) emulated::load_integers<std::int8_t, __m128i>(mask, p)
#define _mm512_cvtepi32_ps(x) emulated::int_to_float(x)
#define _mm512_cvtps_epi32(x) emulated::float_to_int(x)
#define _mm512_cvtepi8_epi32(x) emulated::widen(x)
#define _mm512_cvtepi32_epi8(x) emulated::narrow(x)
#undef _mm512_srai_epi32
#define _mm512_srai_epi32(x, bits) emulated::shift_right(x, bits)
#define _mm512_reduce_add_epi32(x) emulated::sum(x)
#define _mm512_cvtph_ps(x) emulated::halves_to_float(x)
#undef _mm512_cvtps_ph  // a macro already where the compiler's header wants a constant rounding
#define _mm512_cvtps_ph(x, rounding) emulated::float_to_halves(x)
#undef _mm512_shuffle_f32x4
#define _mm512_shuffle_f32x4(a, b, selected) simde_mm512_shuffle_f32x4(a, b, selected)
