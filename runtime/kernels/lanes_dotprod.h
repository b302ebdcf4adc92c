// NEON with the dot product of Armv8.2.
#pragma once

#include "kernels/lanes_neon.h"

namespace tidbit {
namespace {

struct DotprodLanes : NeonLanes {
  using I = int32x4_t;

  static I start(std::int32_t) { return vdupq_n_s32(0); }
  template <std::uint32_t i>
  static I dot4(I acc, C w, X x) {
    return vdotq_laneq_s32(acc, w, x, i);
  }
  using B = int32x4_t;
  static B block_start(std::int32_t start) { return vdupq_n_s32(start); }
  template <std::uint32_t i>
  static B block_dot(B acc, int8x16_t n, X x) {
    return dot4<i>(acc, n, x);
  }
  static I add_block(I acc, B block, S scale) { return vmlaq_s32(acc, block, scale); }
  // The shifts of 8 rows in both blocks of a pair, of which 4 rows are taken.
  struct Zeros {
    int16x8_t first, second;
    bool last_rows;
  };
  static void load_zeros(const std::byte *p, Zeros (&zeros)[4]) {
    int16x8_t first[2], second[2];
    load_shifts(p, first);
    load_shifts(p + 16, second);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) zeros[i] = {first[i / 2], second[i / 2], i % 2 != 0};
  }
  static I add_zeros(I acc, Zeros zeros, const std::int16_t *sums) {
    const int16x4_t six = times_sums(format::kQ4Shift, sums);
    if (zeros.last_rows) {
      return vmlal_high_lane_s16(vmlal_high_lane_s16(acc, zeros.first, six, 0), zeros.second, six, 1);
    }
    return vmlal_lane_s16(vmlal_lane_s16(acc, vget_low_s16(zeros.first), six, 0), vget_low_s16(zeros.second), six, 1);
  }

  static F to_float(I x) { return vcvtq_f32_s32(x); }
};

}  // namespace
}  // namespace tidbit
