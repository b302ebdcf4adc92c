// AArch64 without the dot product instructions.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_NEON

#include "kernels/generic/table.h"
#include "kernels/isa/neon_lanes.h"

namespace tidbit {
namespace {

struct PlainNeonLanes : NeonLanes {
  static constexpr std::uint32_t code_words = 2, input_words = 4;
  static constexpr Tuning tuning = {.tokens = 2, .queries = 4};  // the sums of one tile need eight registers

  // Each row has two partial sums, which are added at the end: rows 0 and 1 in lo, rows 2 and 3 in hi.
  struct Sums {
    int32x4_t lo, hi;
  };

  // Two words, whose products are added as int16: 2 * 128 * 127 < 2^15.
  struct Codes {
    int8x16_t first, second;
  };
  // If only one word is left, the second word of the vector is zero.
  static void load_codes(const std::int8_t *&p, std::uint32_t words, Codes (&c)[4]) {
    const int8x16x4_t first = vld1q_s8_x4(p);
    if (words > 1) p = next(p);
    const int8x16x4_t second = vld1q_s8_x4(p);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) c[i] = {first.val[i], second.val[i]};
    p = next(p);
  }

  static Sums start(std::int32_t) { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
  template <std::uint32_t i>
  static Sums dot(Sums acc, Codes w, Inputs words) {
    const int8x16_t x = word<2 * i>(words), y = word<2 * i + 1>(words);
    const int16x8_t lo = vmull_s8(vget_low_s8(w.first), vget_low_s8(x)), hi = vmull_high_s8(w.first, x);
    return {vpadalq_s16(acc.lo, vmlal_s8(lo, vget_low_s8(w.second), vget_low_s8(y))),
            vpadalq_s16(acc.hi, vmlal_high_s8(hi, w.second, y))};
  }

  // A row's sum of a block is four int16, each a sum of 8 products and a fourth of the start; if the start is not
  // divisible by 4, one of them has all of it: 8 * 15 * 127 + 2 * 32 * 127 < 2^15. Wider codes do not fit, so there the
  // zero is subtracted before they are multiplied: 8 * 32 * 127 < 2^15.
  struct BlockSums {
    int16x8_t lo, hi;
  };
  template <class W>
  static BlockSums start_block(std::int32_t start) {
    int16x8_t part = vdupq_n_s16(0);
    if constexpr (kBlockFitsInt16<W>) {
      part = W::zero % 4 == 0 ? vdupq_n_s16(static_cast<std::int16_t>(start / 4))
                              : vreinterpretq_s16_u64(vdupq_n_u64(static_cast<std::uint16_t>(start)));
    }
    return {part, part};
  }
  template <class W, std::uint32_t i>
  static BlockSums dot_block(BlockSums sums, SmallCodes codes, Inputs words) {
    const int8x16_t x = word<i>(words);
    if constexpr (!kBlockFitsInt16<W>) codes = vsubq_s8(codes, vdupq_n_s8(W::zero));
    return {vmlal_s8(sums.lo, vget_low_s8(codes), vget_low_s8(x)), vmlal_high_s8(sums.hi, codes, x)};
  }
  template <class W>
  static Sums add_block(Sums sums, BlockSums block, Scales scale) {
    return {vmlaq_s32(sums.lo, vpaddlq_s16(block.lo), vzip1q_s32(scale, scale)),
            vmlaq_s32(sums.hi, vpaddlq_s16(block.hi), vzip2q_s32(scale, scale))};
  }

  // The shifts of 4 rows in both blocks of a pair. Each is there twice, for both partial sums of a row, or next to a
  // zero if the unit cannot be halved.
  struct Zeros {
    int16x8_t first, second;
  };
  template <class W>
  static constexpr bool kHalves = W::shift_unit % 2 == 0;
  template <class W>
  static void load_zeros(const std::byte *fine, Zeros (&zeros)[4]) {
    int16x8_t first[2], second[2];
    load_shifts(fine, first);
    load_shifts(fine + format::kTileRows, second);
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      const int16x8_t a = kHalves<W> ? first[i] : vdupq_n_s16(0), b = kHalves<W> ? second[i] : vdupq_n_s16(0);
      zeros[2 * i] = {vzip1q_s16(first[i], a), vzip1q_s16(second[i], b)};
      zeros[2 * i + 1] = {vzip2q_s16(first[i], a), vzip2q_s16(second[i], b)};
    }
  }
  template <class W>
  static Sums add_zeros(Sums sums, Zeros zeros, const std::int16_t *pair) {
    const int16x4_t half = times_sums(kHalves<W> ? W::shift_unit / 2 : W::shift_unit, pair);
    sums.lo = vmlal_lane_s16(sums.lo, vget_low_s16(zeros.first), half, 0);
    sums.lo = vmlal_lane_s16(sums.lo, vget_low_s16(zeros.second), half, 1);
    sums.hi = vmlal_high_lane_s16(sums.hi, zeros.first, half, 0);
    sums.hi = vmlal_high_lane_s16(sums.hi, zeros.second, half, 1);
    return sums;
  }

  static Floats to_float(Sums x) { return vcvtq_f32_s32(vpaddq_s32(x.lo, x.hi)); }
};

}  // namespace

extern constinit const Kernels kNeonKernels = make_kernels<PlainNeonLanes>(TIDBIT_ISA_NEON);

}  // namespace tidbit

#endif  // TIDBIT_FILE_NEON
