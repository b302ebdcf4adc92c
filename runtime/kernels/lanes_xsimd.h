// The plain float operations of a lanes type, over xsimd. `Arch` is a type of the including file's own (an unnamed
// namespace), so that whatever a compiler leaves out of line stays in that file.
#pragma once

#include <xsimd/xsimd.hpp>

namespace tidbit {

template <class Arch>
struct XsimdLanes {
  using F = xsimd::batch<float, Arch>;
  static constexpr std::uint32_t width = F::size;

  static F load(const float *p) { return F::load_unaligned(p); }
  static void store(float *p, F x) { x.store_unaligned(p); }
  static F add(F a, F b) { return a + b; }
  static F sub(F a, F b) { return a - b; }
  static F mul(F a, F b) { return a * b; }
  static F div(F a, F b) { return a / b; }
  static F fma(F a, F b, F c) { return xsimd::fma(a, b, c); }
};

}  // namespace tidbit
