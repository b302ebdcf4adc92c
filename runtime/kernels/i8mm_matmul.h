// The q8 product of more than one token with the int8 matrix product of Armv8.6, which takes 8 columns of 2 rows and of
// 2 tokens at once. Both operands lie in the order of the instruction: the activations of each block of 8 or 2 tokens,
// codes as [cols / 8][tokens][8] and scales as [groups][tokens], a last token as it is; the weights, half a tile at a
// time, in a Panel on the stack (9 KB), for all tokens.
#pragma once

#include "kernels/lanes_dotprod.h"

namespace tidbit {
namespace {
namespace i8mm {

using Lanes = DotprodLanes;
using Bodies = Int4Bodies<Lanes>;

constexpr std::uint32_t kColumns = 1024, kRows = format::kTileRows / 2;

// body.template operator()<tokens / 2>(t) for blocks of tokens from t on; returns how many tokens they are.
template <class Body>
[[gnu::always_inline]] inline std::uint32_t token_blocks(std::uint32_t tokens, Body body) {
  std::uint32_t t = 0;
  for (; t + 8 <= tokens; t += 8) body.template operator()<4>(t);
  for (; t + 2 <= tokens; t += 2) body.template operator()<1>(t);
  return t;
}

// ---- activations ----

// One token of a block: runs of 8 codes and scales lie `tokens` of them apart.
inline void quantize_into_block(const float *x, std::uint32_t n, std::uint32_t group, std::uint32_t tokens,
                                std::int8_t *codes, float *scales, CodeSums *sums) {
  const std::size_t step = std::size_t{tokens} * 8;
  for (std::uint32_t i = 0; i < n; i += group, scales += tokens) {
    alignas(16) std::int8_t together[format::kMaxGroup];
    const std::uint32_t count = n - i < group ? n - i : group;
    Bodies::quantize(x + i, count, group, together, scales, sums + i / format::kPair);
    for (std::uint32_t k = 0; k < count; k += format::kPair) {
#pragma GCC unroll 4
      for (std::uint32_t j = 0; j < format::kPair; j += 16, codes += 2 * step) {
        const int8x16_t two = vld1q_s8(together + k + j);
        vst1_s8(codes, vget_low_s8(two));
        vst1_s8(codes + step, vget_high_s8(two));
      }
    }
  }
}

inline void quantize_rows(const float *x, std::size_t x_stride, std::uint32_t tokens, std::uint32_t n,
                          std::uint32_t group, const QuantizedRows &q) {
  const std::uint32_t whole = token_blocks(tokens, [&]<std::uint32_t kPairs>(std::uint32_t first) {
    std::int8_t *codes = q.codes + first * q.code_stride;
    float *scales = q.scales + first * q.group_stride;
    for (std::uint32_t i = 0; i < 2 * kPairs; ++i) {
      quantize_into_block(x + (first + i) * x_stride, n, group, 2 * kPairs, codes + i * 8, scales + i,
                          q.sums + (first + i) * q.sum_stride());
    }
  });
  if (whole == tokens) return;
  Bodies::quantize(x + whole * x_stride, n, group, q.codes + whole * q.code_stride, q.scales + whole * q.group_stride,
                   q.sums + whole * q.sum_stride());
}

// ---- weights ----

// Where 8 rows are worked on: from `row` of a tile on, columns [begin, end).
struct Place {
  std::uint32_t tile, row, begin, end;
};

struct Panel {
  alignas(64) std::int8_t codes[kColumns / 8][kRows][8];
  alignas(64) float scales[kColumns / format::kPair][kRows][2];  // each twice, for two tokens

  Panel(const Matmul &m, Place at) {
    const std::byte *tile = m.weights + at.tile * format::q8_tile_bytes(format::Layout::tile16, m.cols, m.group);
    load_codes(tile + format::q8_scale_bytes(m.cols, m.group) + at.begin * 16 + at.row * 4,
               (at.end - at.begin + 3) / 4);
    const auto *scale = reinterpret_cast<const std::uint16_t *>(tile + at.begin / m.group * 32 + at.row * 2);
    for (std::uint32_t g = 0; g * m.group < at.end - at.begin; ++g, scale += format::kTileRows) {
      const float32x4_t low = Lanes::load_f16(scale), high = Lanes::load_f16(scale + 4);
      vst2q_f32(scales[g][0], {low, low});
      vst2q_f32(scales[g][4], {high, high});
    }
  }

  // Two lines, of which the panel takes half, make 8 columns. Beyond the last one are zeros.
  void load_codes(const std::byte *first, std::uint32_t words) {
    const auto *line = reinterpret_cast<const std::int32_t *>(first);
    auto *to = reinterpret_cast<std::int32_t *>(codes);
    for (; words >= 2; words -= 2, line += 32) {
#pragma GCC unroll 2
      for (int i = 0; i < 2; ++i) {
        vst2q_s32(to, {vld1q_s32(line + 4 * i), vld1q_s32(line + 16 + 4 * i)});
        to += 8;
        asm("" : "+r"(to));  // one pointer that steps
      }
    }
    if (words == 0) return;
    vst2q_s32(to, {vld1q_s32(line), vdupq_n_s32(0)});
    vst2q_s32(to + 8, {vld1q_s32(line + 4), vdupq_n_s32(0)});
  }
};

// ---- products ----

// 8 rows with a block of tokens. A vector of sums holds those of rows 2 i and 2 i + 1 with the tokens of a pair.
template <std::uint32_t kPairs>
struct Block {
  static constexpr std::uint32_t kSums = kPairs * 4;
  using Floats = float32x4_t[kSums];
  using Ints = int32x4_t[kSums];

  static void run(const Matmul &m, Place at, std::uint32_t token, const Panel &panel, float *y, std::size_t y_stride) {
    const std::int8_t *x = m.q.codes + token * m.q.code_stride + std::size_t{at.begin} * 2 * kPairs;
    const float *x_scales = m.q.scales + token * m.q.group_stride + std::size_t{at.begin / m.group} * 2 * kPairs;
    const std::int8_t *w = panel.codes[0][0];
    const float *w_scales = panel.scales[0][0];
    Floats acc;
    get_rows(at.begin == 0, y, y_stride, acc);
    const std::uint32_t step = m.group / 8;
    for (std::uint32_t left = (at.end - at.begin + 7) / 8; left != 0;) {
      const std::uint32_t octets = left < step ? left : step;
      Ints sums;
      dot(octets, w, x, sums);
      add_group(w_scales, x_scales, sums, acc);
      w_scales += 2 * kRows;
      x_scales += 2 * kPairs;
      left -= octets;
    }
    put_rows(y, y_stride, acc);
  }

  [[gnu::always_inline]] static void dot(std::uint32_t octets, const std::int8_t *&w, const std::int8_t *&x,
                                         Ints &sums) {
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kSums; ++i) sums[i] = vdupq_n_s32(0);
#pragma GCC unroll 2
    for (; octets != 0; --octets) {
      const int8x16x4_t rows = vld1q_s8_x4(w);
      w = Lanes::next(w);
      int8x16_t tokens[kPairs];
      load_tokens(x, tokens);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kSums; ++i) sums[i] = vmmlaq_s32(sums[i], rows.val[i % 4], tokens[i / 4]);
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

  // acc = fma(float(isum), w_scale * x_scale, acc).
  [[gnu::always_inline]] static void add_group(const float *w_scales, const float *x_scales, const Ints &sums,
                                               Floats &acc) {
    const float32x4x4_t w = vld1q_f32_x4(w_scales);
#pragma GCC unroll 4
    for (std::uint32_t v = 0; v < kPairs; ++v) {
      double pair;
      __builtin_memcpy(&pair, x_scales + 2 * v, sizeof pair);
      const float32x4_t x = vreinterpretq_f32_f64(vdupq_n_f64(pair));
#pragma GCC unroll 4
      for (std::uint32_t i = 0; i < 4; ++i) {
        float32x4_t &sum = acc[4 * v + i];
        sum = vfmaq_f32(sum, vcvtq_f32_s32(sums[4 * v + i]), vmulq_f32(w.val[i], x));
      }
    }
  }

  // The sums over the columns before, which an earlier panel left in y.
  [[gnu::always_inline]] static void get_rows(bool none, float *y, std::size_t y_stride, Floats &acc) {
    if (none) {
#pragma GCC unroll 16
      for (float32x4_t &sums : acc) sums = vdupq_n_f32(0);
      return;
    }
    each_half(y, y_stride, acc, [](const float *even, const float *odd, float32x4_t *sums) {
      const float32x4_t a = vld1q_f32(even), b = vld1q_f32(odd);
      sums[0] = vzip1q_f32(a, b);
      sums[1] = vzip2q_f32(a, b);
    });
  }
  [[gnu::always_inline]] static void put_rows(float *y, std::size_t y_stride, Floats &acc) {
    each_half(y, y_stride, acc, [](float *even, float *odd, const float32x4_t *sums) {
      vst1q_f32(even, vuzp1q_f32(sums[0], sums[1]));
      vst1q_f32(odd, vuzp2q_f32(sums[0], sums[1]));
    });
  }
  // body(even, odd, sums) for 4 rows of both tokens of a pair.
  template <class Body>
  [[gnu::always_inline]] static void each_half(float *y, std::size_t y_stride, Floats &acc, Body body) {
#pragma GCC unroll 4
    for (std::uint32_t v = 0; v < kPairs; ++v, y += 2 * y_stride) {
      body(y, y + y_stride, acc + 4 * v);
      body(y + 4, y + y_stride + 4, acc + 4 * v + 2);
    }
  }
};

// Where y has fewer rows than a panel they are worked on beside it.
template <std::uint32_t kPairs>
void run_part(const Matmul &m, Place at, std::uint32_t token, const Panel &panel, std::uint32_t rows) {
  float part[2 * kPairs][kRows] = {};
  float *y = m.y + token * m.y_stride + at.tile * 16 + at.row;
  for (std::uint32_t t = 0; t < 2 * kPairs && at.begin != 0; ++t) {
    for (std::uint32_t r = 0; r < rows; ++r) part[t][r] = y[t * m.y_stride + r];
  }
  Block<kPairs>::run(m, at, token, panel, part[0], kRows);
  for (std::uint32_t t = 0; t < 2 * kPairs; ++t) {
    for (std::uint32_t r = 0; r < rows; ++r) y[t * m.y_stride + r] = part[t][r];
  }
}

inline void times_blocks(const Matmul &m, Place at) {
  const Panel panel(m, at);
  const std::uint32_t row = at.tile * 16 + at.row, rows = m.rows - row;
  token_blocks(m.tokens, [&]<std::uint32_t kPairs>(std::uint32_t token) {
    if (rows < kRows) return run_part<kPairs>(m, at, token, panel, rows);
    Block<kPairs>::run(m, at, token, panel, m.y + token * m.y_stride + row, m.y_stride);
  });
}

inline void matmul(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
  const std::uint32_t step = Bodies::whole_groups(m, kColumns);
  for (std::uint32_t i = 2 * begin; m.tokens > 1 && i < 2 * end && i * kRows < m.rows; ++i) {
    for (std::uint32_t k = 0; k < m.cols; k += step) {
      times_blocks(m, {i / 2, i % 2 * kRows, k, m.cols - k < step ? m.cols : k + step});
    }
  }
  if (m.tokens % 2 == 0) return;
  Matmul last = m;
  const std::uint32_t t = m.tokens - 1;
  last.tokens = 1;
  last.q = m.q.from(t);
  last.y = m.y + t * m.y_stride;
  Bodies::matmul<Bodies::CodeBlock>(last, begin, end);
}

}  // namespace i8mm
}  // namespace
}  // namespace tidbit
