// AArch64 without the dot product instructions.
#include "kernels/lanes_neon.h"

namespace tidbit {
namespace {

struct PlainNeonLanes : NeonLanes {
  static constexpr std::uint32_t streams = 1;  // the sums of one tile take eight registers

  // Of each row two halves that are added at the end: rows 0 and 1 in lo, rows 2 and 3 in hi.
  struct I {
    int32x4_t lo, hi;
  };

  static I start(std::int32_t) { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
  template <std::uint32_t i>
  static I dot4(I acc, C w, X words) {
    const int8x8_t x = vget_low_s8(word<i>(words));
    return {vpadalq_s16(acc.lo, vmull_s8(vget_low_s8(w), x)), vpadalq_s16(acc.hi, vmull_s8(vget_high_s8(w), x))};
  }
  // A block's products stay in int16, 8 to a lane: 8 * 15 * 127 < 2^15.
  struct B {
    int16x8_t lo, hi;
  };
  struct Scale {
    int32x4_t lo, hi;
  };
  struct Zeros {
    int32x4_t lo[2], hi[2];
  };
  static B block_start(std::int32_t) { return {vdupq_n_s16(0), vdupq_n_s16(0)}; }
  template <std::uint32_t i>
  static B block_dot(B acc, int8x16_t n, X words) {
    const int8x8_t x = vget_low_s8(word<i>(words));
    return {vmlal_s8(acc.lo, vget_low_s8(n), x), vmlal_s8(acc.hi, vget_high_s8(n), x)};
  }
  static Scale load_scale(const std::byte *p) {
    const int32x4_t scale = scale_of(load_fine(p));
    return {vzip1q_s32(scale, scale), vzip2q_s32(scale, scale)};
  }
  static I add_block(I acc, B block, Scale scale) {
    return {vmlaq_s32(acc.lo, vpaddlq_s16(block.lo), scale.lo), vmlaq_s32(acc.hi, vpaddlq_s16(block.hi), scale.hi)};
  }
  static Zeros load_zeros(const std::byte *p, const std::byte *q) {
    const int32x4_t first = zero_of(load_fine(p)), second = zero_of(load_fine(q)), none = vdupq_n_s32(0);
    return {{vzip1q_s32(first, none), vzip1q_s32(second, none)}, {vzip2q_s32(first, none), vzip2q_s32(second, none)}};
  }
  static I add_zeros(I acc, Zeros zeros, const std::int16_t *sums) {
    for (int i = 0; i < 2; ++i) {
      acc.lo = vmlaq_n_s32(acc.lo, zeros.lo[i], sums[i]);
      acc.hi = vmlaq_n_s32(acc.hi, zeros.hi[i], sums[i]);
    }
    return acc;
  }

  static F to_float(I x) { return vcvtq_f32_s32(vpaddq_s32(x.lo, x.hi)); }
};

}  // namespace

constinit const Kernels kNeonKernels = make_kernels<PlainNeonLanes>(TIDBIT_ISA_NEON);

}  // namespace tidbit
