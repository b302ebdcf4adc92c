// AArch64's NEON: 4 lanes. The file that includes this one adds the integer dot product.
#pragma once

#include <arm_neon.h>

#include "kernels/isa/padded.h"
#include "kernels/isa/xsimd_lanes.h"
#include "kernels/lanes.h"

namespace {
struct Neon : xsimd::neon64 {};
}  // namespace

namespace xsimd::types {
XSIMD_DECLARE_SIMD_REGISTER_ALIAS(Neon, neon64);
}

namespace tidbit {
namespace {

struct NeonLanes : XsimdLanes<Neon> {
  static Floats load_part(const float *p, std::uint32_t n) { return load(Padded(p, n).all); }
  static void store_part(float *p, Floats x, std::uint32_t n) {
    float all[4];
    store(all, x);
    for (std::uint32_t i = 0; i < n; ++i) p[i] = all[i];
  }
  static Floats load_f16(const std::uint16_t *p) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))); }
  static void load_tile_column(const std::uint16_t *p, Floats (&all)[4]) {
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      const float16x8_t halves = vreinterpretq_f16_u16(vld1q_u16(p + 8 * i));
      all[2 * i] = vcvt_f32_f16(vget_low_f16(halves));
      all[2 * i + 1] = vcvt_high_f32_f16(halves);
    }
  }
  static Floats load_f16_part(const std::uint16_t *p, std::uint32_t n) { return load_f16(Padded(p, n).all); }
  static Floats load_i8(const std::int8_t *p) {
    const int8x8_t codes = vreinterpret_s8_u32(vdup_n_u32(load_word(p)));
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(codes))));
  }
  static Floats load_i8_part(const std::int8_t *p, std::uint32_t n) { return load_i8(Padded(p, n).all); }

  template <int i>
  static Floats fma_lane(Floats a, Floats b, Floats c) {
    return vfmaq_laneq_f32(c, a, b, i);
  }
  static Floats set(float x) { return vdupq_n_f32(x); }
  static Floats div(Floats a, Floats b) {
    return vdivq_f32(a, b);
  }  // xsimd refines an estimate, which is not correctly rounded
  // vminq and vmaxq return NaN if either operand is one, and order the zeros. These do not.
  static Floats less(Floats a, Floats b, Floats yes, Floats no) { return vbslq_f32(vcltq_f32(a, b), yes, no); }
  static Floats min(Floats a, Floats b) { return less(a, b, a, b); }
  static Floats max(Floats a, Floats b) { return less(b, a, a, b); }
  static Floats abs(Floats x) { return vabsq_f32(x); }
  static Floats copy_sign(Floats magnitude, Floats sign) { return vbslq_f32(vdupq_n_u32(0x80000000), sign, magnitude); }
  template <int h>
  static Floats butterflies(Floats x) {
    const float32x4_t other = h == 2 ? vextq_f32(x, x, 2) : vrev64q_f32(x);
    constexpr std::uint32_t kMinus[4] = {0, h == 1 ? 0x80000000 : 0, h == 2 ? 0x80000000 : 0, 0x80000000};
    return vaddq_f32(other, vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(x), vld1q_u32(kMinus))));
  }
  static Floats larger(Floats a, Floats b) {
    const uint32x4_t bits = vmaxq_u32(vreinterpretq_u32_f32(a), vreinterpretq_u32_f32(abs(b)));
    return vreinterpretq_f32_u32(bits);
  }
  static Floats add_to_exponent(Floats x, Floats t) {
    const uint32x4_t exponent = vshlq_n_u32(vreinterpretq_u32_f32(t), 23);
    return vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(x), exponent));
  }

  // The asm hides the addition; otherwise compilers compute the address of each line instead of advancing a pointer.
  static const std::int8_t *next(const std::int8_t *line) {
    line += 64;
    asm("" : "+r"(line));
    return line;
  }

  using SmallCodes = int8x16_t;
  using Packed = uint8x16_t;
  static Packed load_packed(const std::int8_t *p, std::uint32_t i) {
    return vld1q_u8(reinterpret_cast<const std::uint8_t *>(p) + 16 * i);
  }
  template <int from, int bits, int to>
  static SmallCodes take(Packed line) {
    if constexpr (from > to) line = vshrq_n_u8(line, from - to);
    if constexpr (from < to) line = vshlq_n_u8(line, to - from);
    if constexpr (from + bits != 8 || to != 0) {
      line = vandq_u8(line, vdupq_n_u8(static_cast<std::uint8_t>(((1 << bits) - 1) << to)));
    }
    return vreinterpretq_s8_u8(line);
  }
  static SmallCodes join(SmallCodes a, SmallCodes b) { return vorrq_s8(a, b); }

  // The scales of 4 rows each: spreads out bytes 4 i to 4 i + 3 of the fine bytes.
  using Scales = int32x4_t;
  template <class W>
  static void load_scales(const std::byte *fine, Scales (&scales)[4]) {
    const uint8x16_t all = vandq_u8(vld1q_u8(reinterpret_cast<const std::uint8_t *>(fine)), vdupq_n_u8(15));
    const uint8x16_t spread = vreinterpretq_u8_u32(uint32x4_t{0xFFFFFF00, 0xFFFFFF01, 0xFFFFFF02, 0xFFFFFF03});
#pragma GCC unroll 4
    for (std::uint8_t i = 0; i < 4; ++i) {
      scales[i] = vreinterpretq_s32_u8(vqtbl1q_u8(all, vorrq_u8(spread, vdupq_n_u8(static_cast<std::uint8_t>(4 * i)))));
    }
  }

  // The shifts of a block, 8 rows each. Their unit multiplies the sums of x, for all rows at once.
  static void load_shifts(const std::byte *fine, int16x8_t (&shifts)[2]) {
    const int8x16_t all = vshrq_n_s8(vld1q_s8(reinterpret_cast<const std::int8_t *>(fine)), 4);
    shifts[0] = vmovl_s8(vget_low_s8(all));
    shifts[1] = vmovl_high_s8(all);
  }
  // n times the sums of a pair.
  static int16x4_t times_sums(std::int16_t n, const std::int16_t *sums) {
    std::uint32_t pair;
    __builtin_memcpy(&pair, sums, 4);
    return vmul_n_s16(vreinterpret_s16_u32(vdup_n_u32(pair)), n);
  }

  using Codes = int8x16_t;
  static void load_codes(const std::int8_t *&p, std::uint32_t, Codes (&c)[4]) {
    const int8x16x4_t line = vld1q_s8_x4(p);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) c[i] = line.val[i];
    p = next(p);
  }

  using Inputs = int8x16_t;
  static Inputs load_inputs(const std::int8_t *p) { return vld1q_s8(p); }
  // Word i in each lane.
  template <std::uint32_t i>
  static int8x16_t word(Inputs x) {
    return vreinterpretq_s8_s32(vdupq_laneq_s32(vreinterpretq_s32_s8(x), i));
  }

  static int16x8_t codes_of_8(const float *x, float inverse) {
    const int32x4_t low = vcvtnq_s32_f32(mul(load(x), set(inverse)));
    const int32x4_t high = vcvtnq_s32_f32(mul(load(x + 4), set(inverse)));
    return vuzp1q_s16(vreinterpretq_s16_s32(low), vreinterpretq_s16_s32(high));
  }

  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    int32x4_t sums = vdupq_n_s32(0);
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
      const int8x16_t codes = vuzp1q_s8(vreinterpretq_s8_s16(codes_of_8(x + i, inverse)),
                                        vreinterpretq_s8_s16(codes_of_8(x + i + 8, inverse)));
      sums = vpadalq_s16(sums, vpaddlq_s8(codes));
      vst1q_s8(out + i, codes);
    }
    return vaddvq_s32(sums) + codes_one_by_one(x + i, static_cast<std::uint32_t>(n - i), inverse, out + i);
  }

  static void to_f16(const float *x, std::uint32_t n, std::uint16_t *y) {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) vst1_u16(y + i, vreinterpret_u16_f16(vcvt_f16_f32(load(x + i))));
    for (; i < n; ++i) y[i] = float_to_half(x[i]);
  }
};

}  // namespace
}  // namespace tidbit
