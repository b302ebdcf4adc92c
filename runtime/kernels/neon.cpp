// AArch64 without the dot product instructions.
#include "kernels/lanes_neon.h"

namespace tidbit {
namespace {

struct PlainNeonLanes : NeonLanes {
  static constexpr std::uint32_t streams = 1, block_tokens = 2;  // the sums of one tile take eight registers
  static constexpr std::uint32_t step = 2;

  // Of each row two halves that are added at the end: rows 0 and 1 in lo, rows 2 and 3 in hi.
  struct I {
    int32x4_t lo, hi;
  };

  // Two words, whose products are added up as int16: 2 * 128 * 127 < 2^15.
  struct C {
    int8x16_t first, second;
  };
  // Where there is one word only, the vector's second one is zero.
  static void load_codes(const std::int8_t *p, std::uint32_t words, C (&c)[4]) {
    const int8x16x4_t first = vld1q_s8_x4(p), second = vld1q_s8_x4(words > 1 ? NeonLanes::next(p) : p);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) c[i] = {first.val[i], second.val[i]};
  }
  static const std::int8_t *next(const std::int8_t *p) { return NeonLanes::next(NeonLanes::next(p)); }

  static I start(std::int32_t) { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
  template <std::uint32_t i>
  static I dot4(I acc, C w, X words) {
    const int8x16_t x = word<2 * i>(words), y = word<2 * i + 1>(words);
    const int16x8_t lo = vmull_s8(vget_low_s8(w.first), vget_low_s8(x)), hi = vmull_high_s8(w.first, x);
    return {vpadalq_s16(acc.lo, vmlal_s8(lo, vget_low_s8(w.second), vget_low_s8(y))),
            vpadalq_s16(acc.hi, vmlal_high_s8(hi, w.second, y))};
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
    const int8x16_t x = word<i>(words);
    return {vmlal_s8(acc.lo, vget_low_s8(n), vget_low_s8(x)), vmlal_high_s8(acc.hi, n, x)};
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
