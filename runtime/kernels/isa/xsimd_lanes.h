// The plain float operations of a lanes type, over xsimd. `Arch` is a type in an unnamed namespace of the including
// file, so that any function that a compiler does not inline stays local to that file.
#pragma once

#include <xsimd/xsimd.hpp>

namespace tidbit {

template <class Arch>
struct XsimdLanes {
  using Floats = xsimd::batch<float, Arch>;
  static constexpr std::uint32_t width = Floats::size;

  static Floats load(const float *p) { return Floats::load_unaligned(p); }
  static void store(float *p, Floats x) { x.store_unaligned(p); }
  static Floats add(Floats a, Floats b) { return a + b; }
  static Floats sub(Floats a, Floats b) { return a - b; }
  static Floats mul(Floats a, Floats b) { return a * b; }
  static Floats div(Floats a, Floats b) { return a / b; }
  static Floats fma(Floats a, Floats b, Floats c) { return xsimd::fma(a, b, c); }
};

}  // namespace tidbit
