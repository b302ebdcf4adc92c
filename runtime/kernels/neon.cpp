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
  static void load_codes(const std::int8_t *&p, std::uint32_t words, C (&c)[4]) {
    const int8x16x4_t first = vld1q_s8_x4(p);
    if (words > 1) p = next(p);
    const int8x16x4_t second = vld1q_s8_x4(p);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) c[i] = {first.val[i], second.val[i]};
    p = next(p);
  }

  static I start(std::int32_t) { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
  template <std::uint32_t i>
  static I dot4(I acc, C w, X words) {
    const int8x16_t x = word<2 * i>(words), y = word<2 * i + 1>(words);
    const int16x8_t lo = vmull_s8(vget_low_s8(w.first), vget_low_s8(x)), hi = vmull_high_s8(w.first, x);
    return {vpadalq_s16(acc.lo, vmlal_s8(lo, vget_low_s8(w.second), vget_low_s8(y))),
            vpadalq_s16(acc.hi, vmlal_high_s8(hi, w.second, y))};
  }
  // A block's products stay in int16, 8 to a lane beside a fourth of the start: 8 * 15 * 127 + 2 * 32 * 127 < 2^15.
  struct B {
    int16x8_t lo, hi;
  };
  static B block_start(std::int32_t start) {
    const int16x8_t fourth = vdupq_n_s16(static_cast<std::int16_t>(start / 4));
    return {fourth, fourth};
  }
  template <std::uint32_t i>
  static B block_dot(B acc, int8x16_t n, X words) {
    const int8x16_t x = word<i>(words);
    return {vmlal_s8(acc.lo, vget_low_s8(n), vget_low_s8(x)), vmlal_high_s8(acc.hi, n, x)};
  }
  static I add_block(I acc, B block, S scale) {
    return {vmlaq_s32(acc.lo, vpaddlq_s16(block.lo), vzip1q_s32(scale, scale)),
            vmlaq_s32(acc.hi, vpaddlq_s16(block.hi), vzip2q_s32(scale, scale))};
  }
  // The shifts of 4 rows in both blocks of a pair, each twice: for both halves of the row's sum.
  struct Zeros {
    int16x8_t first, second;
  };
  static void load_zeros(const std::byte *p, Zeros (&zeros)[4]) {
    int16x8_t first[2], second[2];
    load_shifts(p, first);
    load_shifts(p + 16, second);
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      zeros[2 * i] = {vzip1q_s16(first[i], first[i]), vzip1q_s16(second[i], second[i])};
      zeros[2 * i + 1] = {vzip2q_s16(first[i], first[i]), vzip2q_s16(second[i], second[i])};
    }
  }
  static I add_zeros(I acc, Zeros zeros, const std::int16_t *sums) {
    const int16x4_t three = times_sums(format::kQ4Shift / 2, sums);
    acc.lo = vmlal_lane_s16(acc.lo, vget_low_s16(zeros.first), three, 0);
    acc.lo = vmlal_lane_s16(acc.lo, vget_low_s16(zeros.second), three, 1);
    acc.hi = vmlal_high_lane_s16(acc.hi, zeros.first, three, 0);
    acc.hi = vmlal_high_lane_s16(acc.hi, zeros.second, three, 1);
    return acc;
  }

  static F to_float(I x) { return vcvtq_f32_s32(vpaddq_s32(x.lo, x.hi)); }
};

}  // namespace

constinit const Kernels kNeonKernels = make_kernels<PlainNeonLanes>(TIDBIT_ISA_NEON);

}  // namespace tidbit
