// Armv7-A with NEON and VFPv4. NEON flushes subnormals there, so it computes what is exact without them: the integer
// sums, and floats that can't be subnormal or whose flush to zero changes nothing (integers and f16 widened, codes).
// All other floats take the FPU, one lane at a time, which keeps subnormals and has the fused multiply-add.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_NEON32

#include <arm_neon.h>

#include "kernels/generic/table.h"
#include "kernels/isa/padded.h"
#include "kernels/isa/scalar_lanes.h"

namespace tidbit {
namespace {

struct Neon32Lanes {
  static constexpr std::uint32_t width = 4;
  static constexpr Tuning tuning = {};

  using One = ScalarLanes;
  struct Floats {
    float a, b, c, d;
  };

  // Applies f to the first lanes, then to the second ones, and so on.
  template <class Function, class... Lanes>
  [[gnu::always_inline]] static Floats each(Function f, Lanes... x) {
    return {f(x.a...), f(x.b...), f(x.c...), f(x.d...)};
  }
  static Floats lanes_of(float32x4_t x) {
    float all[4];
    vst1q_f32(all, x);
    return load(all);
  }

  static Floats load(const float *p) { return {p[0], p[1], p[2], p[3]}; }
  static Floats load_part(const float *p, std::uint32_t n) { return load(Padded(p, n).all); }
  // A subnormal f16 is not flushed, and as a float it is normal.
  static Floats load_f16(const std::uint16_t *p) { return lanes_of(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)))); }
  static Floats load_f16_part(const std::uint16_t *p, std::uint32_t n) { return load_f16(Padded(p, n).all); }
  static Floats load_i8(const std::int8_t *p) {
    const int8x8_t codes = vreinterpret_s8_u32(vdup_n_u32(load_word(p)));
    return to_float(vmovl_s16(vget_low_s16(vmovl_s8(codes))));
  }
  static Floats load_i8_part(const std::int8_t *p, std::uint32_t n) { return load_i8(Padded(p, n).all); }
  static void store(float *p, Floats x) {
    p[0] = x.a;
    p[1] = x.b;
    p[2] = x.c;
    p[3] = x.d;
  }
  static void store_part(float *p, Floats x, std::uint32_t n) {
    float all[4];
    store(all, x);
    for (std::uint32_t i = 0; i < n; ++i) p[i] = all[i];
  }

  static Floats set(float x) { return {x, x, x, x}; }
  static Floats add(Floats x, Floats y) { return each(One::add, x, y); }
  static Floats sub(Floats x, Floats y) { return each(One::sub, x, y); }
  static Floats mul(Floats x, Floats y) { return each(One::mul, x, y); }
  static Floats div(Floats x, Floats y) { return each(One::div, x, y); }
  static Floats fma(Floats x, Floats y, Floats z) { return each(One::fma, x, y, z); }
  static Floats min(Floats x, Floats y) { return each(One::min, x, y); }
  static Floats max(Floats x, Floats y) { return each(One::max, x, y); }
  static Floats less(Floats x, Floats y, Floats yes, Floats no) { return each(One::less, x, y, yes, no); }
  static Floats abs(Floats x) { return each(One::abs, x); }
  static Floats copy_sign(Floats magnitude, Floats sign) { return each(One::copy_sign, magnitude, sign); }
  static Floats larger(Floats x, Floats y) { return each(One::larger, x, y); }
  static Floats add_to_exponent(Floats x, Floats t) { return each(One::add_to_exponent, x, t); }

  using Sums = int32x4_t;
  static Sums start(std::int32_t) { return vdupq_n_s32(0); }
  static Floats to_float(Sums x) { return lanes_of(vcvtq_f32_s32(x)); }

  // The word at p, twice.
  static int8x8_t word(const std::int8_t *p) { return vreinterpret_s8_u32(vdup_n_u32(load_word(p))); }
  // The next 16 codes. The asm hides the addition; otherwise compilers compute each address instead of advancing p.
  static int8x16_t next(const std::int8_t *&p) {
    const int8x16_t codes = vld1q_s8(p);
    p += 16;
    asm("" : "+r"(p));
    return codes;
  }

  // Two partial sums of each of 4 rows: rows 0 and 1 in lo, rows 2 and 3 in hi.
  template <class V>
  struct Halves {
    V lo, hi;
  };
  using Products = Halves<int16x8_t>;
  static Products products(int8x16_t w, int8x8_t x) {
    return {vmull_s8(vget_low_s8(w), x), vmull_s8(vget_high_s8(w), x)};
  }
  static Products add_products(Products p, int8x16_t w, int8x8_t x) {
    return {vmlal_s8(p.lo, vget_low_s8(w), x), vmlal_s8(p.hi, vget_high_s8(w), x)};
  }

  // Two words at a time, whose products are added as int16: 2 * 128 * 127 < 2^15.
  static void dot_rows(const std::int8_t *w, const std::int8_t *x, std::uint32_t words, Sums (&sums)[4]) {
    Halves<int32x4_t> acc[4];
    const auto add = [](Halves<int32x4_t> &sum, Products p) {
      sum = {vpadalq_s16(sum.lo, p.lo), vpadalq_s16(sum.hi, p.hi)};
    };
#pragma GCC unroll 4
    for (auto &sum : acc) sum = {vdupq_n_s32(0), vdupq_n_s32(0)};
    for (; words >= 2; words -= 2, x += 8) {
      const std::int8_t *second = w + 64;
#pragma GCC unroll 4
      for (auto &sum : acc) add(sum, add_products(products(next(w), word(x)), next(second), word(x + 4)));
      w = second;
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4 && words != 0; ++i) add(acc[i], products(next(w), word(x)));
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      sums[i] = vcombine_s32(vpadd_s32(vget_low_s32(acc[i].lo), vget_high_s32(acc[i].lo)),
                             vpadd_s32(vget_low_s32(acc[i].hi), vget_high_s32(acc[i].hi)));
    }
  }

  // A row's sum of a block is four int16, each a sum of 8 products and a fourth of the start; if the start is not
  // divisible by 4, one of them has all of it: 8 * 15 * 127 + 2 * 32 * 127 < 2^15. Wider codes do not fit, so there the
  // zero is subtracted before they are multiplied: 8 * 32 * 127 < 2^15.
  using BlockSums = Products;
  template <class W>
  static BlockSums start_block(std::int32_t start) {
    int16x8_t part = vdupq_n_s16(0);
    if constexpr (kBlockFitsInt16<W>) {
      part = W::zero % 4 == 0 ? vdupq_n_s16(static_cast<std::int16_t>(start / 4))
                              : vreinterpretq_s16_u64(vdupq_n_u64(static_cast<std::uint16_t>(start)));
    }
    return {part, part};
  }
  using Packed = uint8x16_t;
  using SmallCodes = int8x16_t;
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

  template <class W>
  static void dot_rows_of_block(const std::byte *codes, const std::int8_t *x, BlockSums (&sums)[4]) {
    const auto *p = reinterpret_cast<const std::int8_t *>(codes);
#pragma GCC unroll 1
    for (std::uint32_t k = 0; k < format::kBlock; k += kUnpackedWords<W> * 4) {
#pragma GCC unroll 4
      for (auto &sum : sums) {
        Packed lines[kUnpackedLines<W>];
        const std::int8_t *line = p;
        lines[0] = vreinterpretq_u8_s8(next(p));
#pragma GCC unroll 8
        for (std::uint32_t i = 1; i < kUnpackedLines<W>; ++i) lines[i] = vreinterpretq_u8_s8(vld1q_s8(line += 64));
        each_word<Neon32Lanes, W>(lines, [&]<std::uint32_t i>(SmallCodes w) {
          if constexpr (!kBlockFitsInt16<W>) w = vsubq_s8(w, vdupq_n_s8(W::zero));
          sum = add_products(sum, w, word(x + k + 4 * i));
        });
      }
      p += (kUnpackedLines<W> - 1) * 64;
    }
  }

  using Scales = int16x4_t;
  // 16 numbers, 4 rows each.
  static void split(int8x16_t bytes, int16x4_t (&rows)[4]) {
    const int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_s8(vget_high_s8(bytes));
    rows[0] = vget_low_s16(low);
    rows[1] = vget_high_s16(low);
    rows[2] = vget_low_s16(high);
    rows[3] = vget_high_s16(high);
  }
  static int8x16_t load_fine(const std::byte *p) { return vld1q_s8(reinterpret_cast<const std::int8_t *>(p)); }
  template <class W>
  static void load_scales(const std::byte *fine, Scales (&scales)[4]) {
    split(vandq_s8(load_fine(fine), vdupq_n_s8(15)), scales);
  }
  // If the whole sum of a block fits int16, overflow of its partial sums does not matter.
  template <class W>
  static Sums add_block(Sums sums, BlockSums block, Scales scale) {
    if constexpr (kBlockFitsInt16<W>) {
      const int16x4_t lo = vpadd_s16(vget_low_s16(block.lo), vget_high_s16(block.lo));
      const int16x4_t hi = vpadd_s16(vget_low_s16(block.hi), vget_high_s16(block.hi));
      return vmlal_s16(sums, vpadd_s16(lo, hi), scale);
    }
    const int32x4_t lo = vpaddlq_s16(block.lo), hi = vpaddlq_s16(block.hi);
    const int32x2_t low = vpadd_s32(vget_low_s32(lo), vget_high_s32(lo));
    const int32x2_t high = vpadd_s32(vget_low_s32(hi), vget_high_s32(hi));
    return vmlaq_s32(sums, vcombine_s32(low, high), vmovl_s16(scale));
  }

  // The shifts of 4 rows in both blocks of a pair. Their unit multiplies the sums of x.
  struct Zeros {
    int16x4_t first, second;
  };
  template <class W>
  static void load_zeros(const std::byte *fine, Zeros (&zeros)[4]) {
    int16x4_t first[4], second[4];
    split(vshrq_n_s8(load_fine(fine), 4), first);
    split(vshrq_n_s8(load_fine(fine + format::kTileRows), 4), second);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) zeros[i] = {first[i], second[i]};
  }
  template <class W>
  static Sums add_zeros(Sums sums, Zeros zeros, const std::int16_t *pair) {
    sums = vmlal_n_s16(sums, zeros.first, static_cast<std::int16_t>(W::shift_unit * pair[0]));
    return vmlal_n_s16(sums, zeros.second, static_cast<std::int16_t>(W::shift_unit * pair[1]));
  }

  // If x or the product is flushed, the code would have been 0 anyway.
  static int16x4_t codes_of_4(const float *x, float inverse) {
    const float32x4_t rounded = vaddq_f32(vmulq_n_f32(vld1q_f32(x), inverse), vdupq_n_f32(kRoundMagic));
    return vmovn_s32(vreinterpretq_s32_f32(rounded));
  }
  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    int32x4_t sums = vdupq_n_s32(0);
    std::uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
      const int16x8_t codes = vcombine_s16(codes_of_4(x + i, inverse), codes_of_4(x + i + 4, inverse));
      sums = vpadalq_s16(sums, codes);
      vst1_s8(out + i, vmovn_s16(codes));
    }
    const int32x2_t two = vadd_s32(vget_low_s32(sums), vget_high_s32(sums));
    return vget_lane_s32(vpadd_s32(two, two), 0) + codes_one_by_one(x + i, n - i, inverse, out + i);
  }

  // Uses the FPU, because NEON would lose a NaN's payload.
  static void to_f16(const float *x, std::uint32_t n, std::uint16_t *y) {
    for (std::uint32_t i = 0; i < n; ++i) y[i] = __builtin_bit_cast(std::uint16_t, static_cast<__fp16>(x[i]));
  }
};

}  // namespace

extern constinit const Kernels kNeon32Kernels = make_kernels<Neon32Lanes>(TIDBIT_ISA_NEON32);

}  // namespace tidbit

#endif  // TIDBIT_FILE_NEON32
