// Products of q8 matrices, and the integer dot product that they share with the scores of a q8 cache.
//
// A line of 64 bytes contains one word (4 columns) of each of a tile's 16 rows. A word of activations is broadcast, and
// one or a few instructions add the 4 products of each row to its int32:
//
//   width 8     a line                            word of a token
//   register 0  | r0: w w w w | .. | r7: w w w w |  *  | x x x x | x x x x | ..   + sums of rows 0 to 7
//   register 1  | r8: w w w w | .. | r15: w w w w | *  | x x x x | x x x x | ..   + sums of rows 8 to 15
//
// Within a group the sum is an exact int32, so its order is free. Across groups, each row has one float sum.
#pragma once

#include "base/meta.h"
#include "format/q8.h"
#include "kernels/generic/walk.h"

namespace tidbit {

// Read positions: the next line of each tile, and the next codes of the first input. Inputs are input_stride apart.
template <std::uint32_t kTiles>
struct Cursor {
  const std::int8_t *lines[kTiles], *x;
  std::size_t input_stride, ahead = kAhead;  // distance from a line to the one that is prefetched

  // More than a page, so that addresses are translated in time. Not much more, because the last tiles of a worker
  // prefetch lines that belong to another worker.
  static constexpr std::size_t kAhead = 5120;

  Cursor(const std::int8_t *w, std::size_t tile_stride, const std::int8_t *first, std::size_t stride)
      : x(first), input_stride(stride) {
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) lines[tile] = w + tile * tile_stride;
  }

  // Beyond the `left` bytes of each tile, prefetches what follows the last of these tiles.
  [[gnu::always_inline]] void look_ahead(std::size_t left, std::size_t tile_stride) {
    ahead = left > kAhead ? kAhead : kAhead + (kTiles - 1) * tile_stride;
  }
};

// Shared by all formats with groups.
template <class L>
struct Groups {
  using Floats = typename L::Floats;
  using Sums = typename L::Sums;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;

  // `columns`, rounded down to whole groups, but at least one group.
  static std::uint32_t whole(const Matmul &m, std::uint32_t columns) {
    return columns < m.group ? m.group : columns / m.group * m.group;
  }

  // sum = fma(float(integer sum), w_scale * x_scale, sum).
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  static void add(const std::byte *w_scales, std::size_t tile_stride, const float *x_scales, std::size_t token_stride,
                  const Sums (&integers)[kTiles][kTokens][kRegisters], Floats (&sums)[kTiles][kTokens][kRegisters]) {
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kTiles * kRegisters; ++i) {
      const std::uint32_t tile = i / kRegisters, r = i % kRegisters;
      const Floats w_scale =
          L::load_f16(reinterpret_cast<const std::uint16_t *>(w_scales + tile * tile_stride) + r * L::width);
#pragma GCC unroll 16
      for (std::uint32_t t = 0; t < kTokens; ++t) {
        const Floats scale = L::mul(w_scale, L::set(x_scales[t * token_stride]));
        sums[tile][t][r] = L::fma(L::to_float(integers[tile][t][r]), scale, sums[tile][t][r]);
      }
    }
  }
};

template <class L>
requires CodeLanes<L> || RowDotLanes<L>
struct IntegerDot {
  using Sums = typename L::Sums;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;

  // Starts the sums of a group of `pairs` pairs of blocks.
  template <std::uint32_t kTiles, std::uint32_t kInputs>
  static void start(const CodeSums *code_sums, std::size_t stride, std::uint32_t pairs,
                    Sums (&sums)[kTiles][kInputs][kRegisters]) {
    if constexpr (RowDotLanes<L>) return;
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kInputs; ++v) {
      std::int32_t sum = 0;
      for (std::uint32_t p = 0; p < pairs; ++p)
        sum += code_sums[v * stride + p].sum[0] + code_sums[v * stride + p].sum[1];
#pragma GCC unroll 16
      for (std::uint32_t j = 0; j < kTiles * kRegisters; ++j) sums[j / kRegisters][v][j % kRegisters] = L::start(sum);
    }
  }

  static std::uint32_t pair_count(std::uint32_t codes) { return (codes + format::kPair - 1) / format::kPair; }

  // Step i of an iteration, over at most `words` words: each tile with each input. Advances to the next lines of each
  // tile. A line is loaded once. With one input, its registers are free again before the next line is loaded.
  template <std::uint32_t i, std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void step(Cursor<kTiles> &c, std::uint32_t words,
                                          Sums (&sums)[kTiles][kInputs][kRegisters]) {
    typename L::Codes codes[kTiles][kRegisters];
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      prefetch<L::tuning.prefetch_q8 && kInputs == 1>(c.lines[tile], c.ahead);
      L::load_codes(c.lines[tile], words, codes[tile]);
      if (kInputs == 1) times<i>(codes[tile], c.x, sums[tile][0]);
    }
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kInputs && kInputs != 1; ++v) {
#pragma GCC unroll 16
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
        times<i>(codes[tile], c.x + v * c.input_stride, sums[tile][v]);
      }
    }
  }
  template <std::uint32_t i, class Codes>
  [[gnu::always_inline]] static void times(const Codes (&codes)[kRegisters], const std::int8_t *x,
                                           Sums (&sums)[kRegisters]) {
#pragma GCC unroll 16
    for (std::uint32_t r = 0; r < kRegisters; ++r) sums[r] = L::template dot<i>(sums[r], codes[r], L::load_inputs(x));
  }

  // Adds the next `words` words to the sums, several per iteration, because compilers copy every sum in each one.
  template <std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void dot(Cursor<kTiles> &c, std::uint32_t words,
                                         Sums (&sums)[kTiles][kInputs][kRegisters]) {
    if constexpr (RowDotLanes<L>) {
      static_assert(kTiles == 1 && kInputs == 1);
      L::dot_rows(c.lines[0], c.x, words, sums[0][0]);
      c.lines[0] += std::size_t{words} * 64;
      c.x += std::size_t{words} * 4;
    } else {
      const auto turn = [&]<std::uint32_t... i>(std::uint32_t n, Indices<i...>) __attribute__((always_inline)) {
        ((i * L::code_words < n ? step<i>(c, n - i * L::code_words, sums) : void()), ...);
      };
      constexpr IndicesTo<L::input_words / L::code_words> kSteps;
      if constexpr (kTiles == 1 && kInputs % 2 == 0 &&
                    requires { L::dot_turns(c.lines[0], c.x, c.input_stride, words, sums[0]); }) {
        words = L::dot_turns(c.lines[0], c.x, c.input_stride, words, sums[0]);
      }
      for (; words >= L::input_words; words -= L::input_words, c.x += L::input_words * 4) {
        turn(L::input_words, kSteps);
      }
      if (words == 0) return;
      turn(words, kSteps);
      c.x += words * 4;
    }
  }
};

template <class L>
struct IntegerProduct {
  using Format = format::Q8;
  using Floats = typename L::Floats;
  using Sums = typename L::Sums;
  using Dot = IntegerDot<L>;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;

  static std::uint32_t column_step(const Matmul &m) { return Groups<L>::whole(m, 1024); }
  static std::uint64_t tile_bytes(const Matmul &m) { return Format::tile_bytes(m.cols, m.group); }
  static std::uint64_t token_bytes(const Matmul &m) { return m.cols; }

  template <std::uint32_t kTiles, std::uint32_t kTokens>
  static void micro_kernel(const Matmul &m, Place at) {
    const auto stride = static_cast<std::size_t>(Format::tile_bytes(m.cols, m.group));
    const std::byte *w = m.weights + at.tile * stride;
    const auto *w_codes = reinterpret_cast<const std::int8_t *>(w + Format::head_bytes(m.cols, m.group));
    Cursor<kTiles> cursor(w_codes + std::size_t{at.begin} * format::kTileRows, stride,
                          m.q.codes + at.token * m.q.code_stride + at.begin, m.q.code_stride);
    const CodeSums *code_sums = m.q.sums + at.token * m.q.sum_stride();
    Floats sums[kTiles][kTokens][kRegisters];
    TileSums<L>::load(m, at, sums);
    const std::uint32_t groups = (at.end - at.begin + m.group - 1) / m.group;
    std::uint32_t g = at.begin / m.group;
    for (std::uint32_t k = at.begin; k < at.end; k += m.group, ++g) {
      const std::uint32_t count = m.cols - k < m.group ? m.cols - k : m.group;
      TileSums<L>::template prefetch_rows<kTiles, kTokens>(m, at, g, groups);
      if (L::tuning.prefetch_q8 && kTokens == 1) {
        cursor.look_ahead(std::size_t{m.cols - k} * format::kTileRows, stride);
      }
      Sums integers[kTiles][kTokens][kRegisters];
      Dot::start(code_sums + k / format::kPair, m.q.sum_stride(), Dot::pair_count(count), integers);
      Dot::dot(cursor, (count + 3) / 4, integers);
      Groups<L>::add(w + format::tile_element(0, g) * sizeof(std::uint16_t), stride,
                     m.q.scales + at.token * m.q.group_stride + g, m.q.group_stride, integers, sums);
    }
    TileSums<L>::store(m, at, sums);
  }
};

}  // namespace tidbit
