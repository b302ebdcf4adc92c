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
  // A block's products stay in int16, 8 to a lane: 8 * 15 * 127 < 2^15.
  struct B {
    int16x8_t lo, hi;
  };
  struct Fine {
    int32x4_t scale_lo, scale_hi, zero_lo, zero_hi;
  };
  static B block_start(BlockSum) { return {vdupq_n_s16(0), vdupq_n_s16(0)}; }
  static B block_dot(B acc, int8x16_t n, std::uint32_t x4) {
    const int8x8_t x = vreinterpret_s8_u32(vdup_n_u32(x4));
    return {vmlal_s8(acc.lo, vget_low_s8(n), x), vmlal_s8(acc.hi, vget_high_s8(n), x)};
  }
  static Fine load_fine(const std::byte *p) {
    const FineRows rows = load_fine_rows(p);
    const int32x4_t none = vdupq_n_s32(0);
    return {vzip1q_s32(rows.scale, rows.scale), vzip2q_s32(rows.scale, rows.scale), vzip1q_s32(rows.zero, none),
            vzip2q_s32(rows.zero, none)};
  }
  static I add_block(I acc, B block, Fine fine, BlockSum sum) {
    acc.lo = vmlaq_n_s32(vmlaq_s32(acc.lo, vpaddlq_s16(block.lo), fine.scale_lo), fine.zero_lo, sum.sum);
    acc.hi = vmlaq_n_s32(vmlaq_s32(acc.hi, vpaddlq_s16(block.hi), fine.scale_hi), fine.zero_hi, sum.sum);
    return acc;
  }

  static F to_float(I x) { return vcvtq_f32_s32(vpaddq_s32(x.lo, x.hi)); }
};

}  // namespace

constinit const Kernels kNeonKernels = make_kernels<PlainNeonLanes>(TIDBIT_ISA_NEON);

}  // namespace tidbit
