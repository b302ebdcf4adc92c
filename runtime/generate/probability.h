// What sampling and log-probabilities share: exp without a fused multiply-add, and the largest logit.
#pragma once

#include "kernels/generic/exp.h"
#include "kernels/isa/scalar_lanes.h"

namespace tidbit {
namespace {

// A single lane. a * b + c is rounded twice, so it is cheap on targets without an FMA instruction. Selects use bit
// masks, because a branch would keep compilers from vectorizing the loops.
struct MassLanes : ScalarLanes {
  static Floats fma(Floats a, Floats b, Floats c) { return a * b + c; }
  static Floats min(Floats a, Floats b) { return less(a, b, a, b); }
  static Floats less(Floats a, Floats b, Floats yes, Floats no) {
    const std::uint32_t mask = a < b ? 0xFFFFFFFF : 0;
    return bits_float((float_bits(yes) & mask) | (float_bits(no) & ~mask));
  }
};

// Finds the largest logit, the first among equals. False if one is NaN, or if none is above minus infinity.
bool find_highest(const float *logits, std::uint32_t count, std::uint32_t *index) {
  float highest = bits_float(0xFF800000);
  *index = count;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (logits[i] <= highest) continue;
    if (logits[i] != logits[i]) return false;
    highest = logits[i];
    *index = i;
  }
  return *index != count;
}

}  // namespace
}  // namespace tidbit
