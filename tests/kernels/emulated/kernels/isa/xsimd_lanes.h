// What isa/avx512vnni.cpp takes from xsimd, by the emulated intrinsics: xsimd itself wants a compiler with AVX-512.
#pragma once

#include "kernels/lanes.h"

namespace xsimd {
struct avx512bw {};
}  // namespace xsimd
#define XSIMD_DECLARE_SIMD_REGISTER_ALIAS(name, of) using name##IsAKindOf##of = ::name

namespace tidbit {

template <class Arch>
struct XsimdLanes {
  using Floats = __m512;
  static constexpr std::uint32_t width = 16;

  static Floats load(const float *p) { return _mm512_loadu_ps(p); }
  static void store(float *p, Floats x) { _mm512_storeu_ps(p, x); }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats sub(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
  static Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats div(Floats a, Floats b) { return _mm512_div_ps(a, b); }
};

}  // namespace tidbit
