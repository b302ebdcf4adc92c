// AArch64 without the dot product instructions.
#include "kernels/lanes_neon.h"

namespace tidbit {
namespace {

struct PlainNeonLanes : NeonLanes {
  using C = int8x16_t;
  // Of each row two halves that are added at the end: rows 0 and 1 in lo, rows 2 and 3 in hi.
  struct I {
    int32x4_t lo, hi;
  };

  static C load_codes(const std::int8_t *p) { return vld1q_s8(p); }
  static I start(std::int32_t) { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
  static I dot4(I acc, C w, std::uint32_t x4) {
    const int8x8_t x = vreinterpret_s8_u32(vdup_n_u32(x4));
    return {vpadalq_s16(acc.lo, vmull_s8(vget_low_s8(w), x)), vpadalq_s16(acc.hi, vmull_s8(vget_high_s8(w), x))};
  }
  static F to_float(I x) { return vcvtq_f32_s32(vpaddq_s32(x.lo, x.hi)); }
};

}  // namespace

constinit const Kernels kNeonKernels = make_kernels<PlainNeonLanes>(TIDBIT_ISA_NEON);

}  // namespace tidbit
