// NEON with the dot product of Armv8.2.
#pragma once

#include "kernels/isa/neon_lanes.h"

namespace tidbit {
namespace {

struct DotprodLanes : NeonLanes {
  static constexpr std::uint32_t code_words = 1, input_words = 4;
  static constexpr Tuning tuning = {.streams = 2, .tokens = 4, .queries = 4};
  using Sums = int32x4_t;

  static Sums start(std::int32_t) { return vdupq_n_s32(0); }
  template <std::uint32_t i>
  static Sums dot(Sums acc, Codes w, Inputs x) {
    return vdotq_laneq_s32(acc, w, x, i);
  }

  using BlockSums = int32x4_t;
  template <class W>
  static BlockSums start_block(std::int32_t start) {
    return vdupq_n_s32(start);
  }
  template <class W, std::uint32_t i>
  static BlockSums dot_block(BlockSums sums, SmallCodes codes, Inputs x) {
    return dot<i>(sums, codes, x);
  }
  template <class W>
  static Sums add_block(Sums sums, BlockSums block, Scales scale) {
    return vmlaq_s32(sums, block, scale);
  }

  // The shifts of 8 rows in both blocks of a pair; each use takes 4 rows.
  struct Zeros {
    int16x8_t first, second;
    bool last_rows;
  };
  template <class W>
  static void load_zeros(const std::byte *fine, Zeros (&zeros)[4]) {
    int16x8_t first[2], second[2];
    load_shifts(fine, first);
    load_shifts(fine + format::kTileRows, second);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) zeros[i] = {first[i / 2], second[i / 2], i % 2 != 0};
  }
  template <class W>
  static Sums add_zeros(Sums sums, Zeros zeros, const std::int16_t *pair) {
    const int16x4_t x = times_sums(W::shift_unit, pair);
    if (zeros.last_rows) {
      return vmlal_high_lane_s16(vmlal_high_lane_s16(sums, zeros.first, x, 0), zeros.second, x, 1);
    }
    return vmlal_lane_s16(vmlal_lane_s16(sums, vget_low_s16(zeros.first), x, 0), vget_low_s16(zeros.second), x, 1);
  }

  static Floats to_float(Sums x) { return vcvtq_f32_s32(x); }
};

}  // namespace
}  // namespace tidbit
