// The q8 product of several tokens with the int8 matrix product of Armv8.6. smmla multiplies 8 columns of 2 rows with 2
// tokens and adds to the four sums
//
//   | row 0, token 0 | row 0, token 1 | row 1, token 0 | row 1, token 1 |
#pragma once

#include "kernels/generic/panel_walk.h"
#include "kernels/isa/dotprod_lanes.h"

namespace tidbit {
namespace {

struct I8mmPanel {
  using Lanes = DotprodLanes;
  static constexpr std::uint32_t run = 8, rows = 8, columns = 1024, most = 8, least = 2;

  // 9 KB of stack.
  struct Panel {
    alignas(64) std::int8_t codes[columns / run][rows][run];
    alignas(64) float scales[columns / format::kPair][rows][2];  // each scale twice, for two tokens

    Panel(const Matmul &m, PanelPlace at) {
      using Format = format::Q8;
      const std::byte *tile = m.weights + std::size_t{at.tile} * Format::tile_bytes(m.cols, m.group);
      load_codes(tile + Format::head_bytes(m.cols, m.group) + Format::code_at(at.row, at.begin),
                 (at.end - at.begin + 3) / 4);
      const auto *scale =
          reinterpret_cast<const std::uint16_t *>(tile) + format::tile_element(at.row, at.begin / m.group);
      for (std::uint32_t g = 0; g * m.group < at.end - at.begin; ++g, scale += format::kTileRows) {
        const float32x4_t low = Lanes::load_f16(scale), high = Lanes::load_f16(scale + 4);
        vst2q_f32(scales[g][0], {low, low});
        vst2q_f32(scales[g][4], {high, high});
      }
    }

    // Two lines, of which the panel takes half, give 8 columns. After the last line come zeros.
    void load_codes(const std::byte *first, std::uint32_t words) {
      const auto *line = reinterpret_cast<const std::int32_t *>(first);
      auto *to = reinterpret_cast<std::int32_t *>(codes);
      for (; words >= 2; words -= 2, line += 2 * format::kTileRows) {
#pragma GCC unroll 2
        for (int i = 0; i < 2; ++i) {
          vst2q_s32(to, {vld1q_s32(line + 4 * i), vld1q_s32(line + format::kTileRows + 4 * i)});
          to += 8;
          asm("" : "+r"(to));  // advance one pointer instead of computing each address
        }
      }
      if (words == 0) return;
      vst2q_s32(to, {vld1q_s32(line), vdupq_n_s32(0)});
      vst2q_s32(to + 8, {vld1q_s32(line + 4), vdupq_n_s32(0)});
    }
  };

  // All rows of a panel with kTokens tokens. A register has the sums of rows 2 i and 2 i + 1 with a pair of tokens.
  template <std::uint32_t kTokens>
  struct Product {
    static constexpr std::uint32_t kPairs = kTokens / 2, kSums = kPairs * 4;
    using Floats = float32x4_t[kSums];
    using Ints = int32x4_t[kSums];

    static void run(const Matmul &m, PanelPlace at, std::uint32_t token, const Panel &panel, float *y,
                    std::size_t y_stride) {
      const std::int8_t *x = m.q.codes + token * m.q.code_stride + std::size_t{at.begin} * kTokens;
      const float *x_scales = m.q.scales + token * m.q.group_stride + std::size_t{at.begin / m.group} * kTokens;
      const std::int8_t *w = panel.codes[0][0];
      const float *w_scales = panel.scales[0][0];
      Floats sums;
      load(at.begin == 0, y, y_stride, sums);
      const std::uint32_t step = m.group / 8;
      for (std::uint32_t left = (at.end - at.begin + 7) / 8; left != 0;) {
        const std::uint32_t octets = left < step ? left : step;
        Ints integers;
        dot(octets, w, x, integers);
        add_group(w_scales, x_scales, integers, sums);
        w_scales += 2 * rows;
        x_scales += kTokens;
        left -= octets;
      }
      store(y, y_stride, sums);
    }

    [[gnu::always_inline]] static void dot(std::uint32_t octets, const std::int8_t *&w, const std::int8_t *&x,
                                           Ints &sums) {
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kSums; ++i) sums[i] = vdupq_n_s32(0);
#pragma GCC unroll 2
      for (; octets != 0; --octets) {
        const int8x16x4_t pairs = vld1q_s8_x4(w);
        w = Lanes::next(w);
        int8x16_t tokens[kPairs];
        load_tokens(x, tokens);
#pragma GCC unroll 16
        for (std::uint32_t i = 0; i < kSums; ++i) sums[i] = vmmlaq_s32(sums[i], pairs.val[i % 4], tokens[i / 4]);
      }
    }

    [[gnu::always_inline]] static void load_tokens(const std::int8_t *&x, int8x16_t (&tokens)[kPairs]) {
      if constexpr (kPairs == 4) {
        const int8x16x4_t all = vld1q_s8_x4(x);
#pragma GCC unroll 4
        for (std::uint32_t v = 0; v < 4; ++v) tokens[v] = all.val[v];
        x = Lanes::next(x);
      } else {
        static_assert(kPairs == 1);
        tokens[0] = vld1q_s8(x);
        x += 16;
      }
    }

    // sum = fma(float(integer), w_scale * x_scale, sum).
    [[gnu::always_inline]] static void add_group(const float *w_scales, const float *x_scales, const Ints &integers,
                                                 Floats &sums) {
      const float32x4x4_t w = vld1q_f32_x4(w_scales);
#pragma GCC unroll 4
      for (std::uint32_t v = 0; v < kPairs; ++v) {
        double pair;
        __builtin_memcpy(&pair, x_scales + 2 * v, sizeof pair);
        const float32x4_t x = vreinterpretq_f32_f64(vdupq_n_f64(pair));
#pragma GCC unroll 4
        for (std::uint32_t i = 0; i < 4; ++i) {
          float32x4_t &sum = sums[4 * v + i];
          sum = vfmaq_f32(sum, vcvtq_f32_s32(integers[4 * v + i]), vmulq_f32(w.val[i], x));
        }
      }
    }

    // The sums over the previous columns, which an earlier panel left in y.
    [[gnu::always_inline]] static void load(bool none, float *y, std::size_t y_stride, Floats &sums) {
      if (none) {
#pragma GCC unroll 16
        for (float32x4_t &sum : sums) sum = vdupq_n_f32(0);
        return;
      }
      each_half(y, y_stride, sums, [](const float *even, const float *odd, float32x4_t *four) {
        const float32x4_t a = vld1q_f32(even), b = vld1q_f32(odd);
        four[0] = vzip1q_f32(a, b);
        four[1] = vzip2q_f32(a, b);
      });
    }
    [[gnu::always_inline]] static void store(float *y, std::size_t y_stride, Floats &sums) {
      each_half(y, y_stride, sums, [](float *even, float *odd, const float32x4_t *four) {
        vst1q_f32(even, vuzp1q_f32(four[0], four[1]));
        vst1q_f32(odd, vuzp2q_f32(four[0], four[1]));
      });
    }
    // Calls body(even, odd, sums) for 4 rows of both tokens of a pair.
    template <class Body>
    [[gnu::always_inline]] static void each_half(float *y, std::size_t y_stride, Floats &sums, Body body) {
#pragma GCC unroll 4
      for (std::uint32_t v = 0; v < kPairs; ++v, y += 2 * y_stride) {
        body(y, y + y_stride, sums + 4 * v);
        body(y + 4, y + y_stride + 4, sums + 4 * v + 2);
      }
    }
  };

  template <std::uint32_t kTokens>
  static void multiply(const Matmul &m, PanelPlace at, std::uint32_t token, const Panel &panel, float *y,
                       std::size_t y_stride) {
    Product<kTokens>::run(m, at, token, panel, y, y_stride);
  }
};

}  // namespace
}  // namespace tidbit
