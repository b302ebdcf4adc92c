// Matrices of f32 and f16 over a type of lanes, which are rows (or positions, for attention); the walk over tiles and
// tokens is that of all weight formats.
//
// Beside what vector_bodies.h asks for, a lanes type has: load_f16 (widened exactly), load_i8 (int8 as floats),
// load_f16_part and load_i8_part; perhaps fma_lane<i>(a, b, c) = a b[i] + c; perhaps load_line(p, all) of 16 f16.
// `streams` is how many tiles of a matrix are walked in step for one token, so that memory is read in as many places at
// once; block_tiles and block_tokens are how many fill the registers for more tokens, block_queries and block_vectors
// the same of attention. They do not change a result, nor do widen_f16: whether f16 weights are widened once for many
// tokens, in 24 KB of stack; and prefetch_floats, prefetch_q8 and prefetch_q4: whether what one vector is multiplied
// with is asked for ahead.
#pragma once

#include <type_traits>
#include <utility>

#include "kernels/vector_bodies.h"

namespace tidbit {

template <class L>
struct MatmulBodies : VectorBodies<L> {
  using F = typename L::F;
  using VectorBodies<L>::W;
  using VectorBodies<L>::kParts;
  static constexpr bool kByLane = requires(F x) { L::template fma_lane<0>(x, x, x); };
  static constexpr std::make_integer_sequence<int, W> kLanes{};

  struct LoadF32 {
    using T = float;
    static constexpr bool scaled = false;
    static F whole(const T *p) { return L::load(p); }
    static F part(const T *p, std::uint32_t n) { return L::load_part(p, n); }
  };
  struct LoadF16 {
    using T = std::uint16_t;
    static constexpr bool scaled = false;
    static F whole(const T *p) { return L::load_f16(p); }
    static F part(const T *p, std::uint32_t n) { return L::load_f16_part(p, n); }
  };
  struct LoadI8 {
    using T = std::int8_t;
    static constexpr bool scaled = true;
    static F whole(const T *p) { return L::load_i8(p); }
    static F part(const T *p, std::uint32_t n) { return L::load_i8_part(p, n); }
  };

  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void clear(F (&acc)[kTiles][kVectors][kParts]) {
#pragma GCC unroll 64
    for (std::uint32_t i = 0; i < kTiles * kVectors * kParts; ++i) {
      acc[i / kParts / kVectors][i / kParts % kVectors][i % kParts] = L::set(0.0f);
    }
  }

  // Asks for what lies `ahead` bytes of p, where each line is read once and the hardware does not follow all streams
  // from page to page. Past the end of the memory it does nothing.
  template <bool kWanted>
  [[gnu::always_inline]] static void prefetch(const void *p, std::size_t ahead) {
    if constexpr (kWanted) {
      __builtin_prefetch(reinterpret_cast<const void *>(reinterpret_cast<std::uintptr_t>(p) + ahead));
    }
  }

  template <class Load>
  static constexpr bool has_line = requires(const typename Load::T *p, F (&all)[kParts]) { L::load_line(p, all); };

  // 16 elements.
  template <class Load>
  [[gnu::always_inline]] static void load_line(const typename Load::T *p, F (&all)[kParts]) {
    if constexpr (has_line<Load>) {
      L::load_line(p, all);
    } else {
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kParts; ++i) all[i] = Load::whole(p + i * W);
    }
  }

  // One column: acc[tile][vector][r] = times(w[r], vector, acc).
  template <class Load, std::uint32_t kTiles, std::uint32_t kVectors, class Times>
  [[gnu::always_inline]] static void dot_column(const typename Load::T *w, std::size_t tile_stride,
                                                F (&acc)[kTiles][kVectors][kParts], Times times) {
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      const auto *line = w + tile * tile_stride;
      F weights[kParts];
      if constexpr (has_line<Load>) L::load_line(line, weights);
#pragma GCC unroll 16
      for (std::uint32_t part = 0; part < kParts; ++part) {
        if constexpr (!has_line<Load>) weights[part] = Load::whole(line + part * W);
#pragma GCC unroll 16
        for (std::uint32_t v = 0; v < kVectors; ++v) acc[tile][v][part] = times(weights[part], v, acc[tile][v][part]);
      }
    }
  }

  // Columns k to k + W - 1, of which x holds W elements of each vector.
  template <class Load, std::uint32_t kTiles, std::uint32_t kVectors, int... i>
  [[gnu::always_inline]] static void dot_lanes(const typename Load::T *w, std::size_t tile_stride,
                                               const F (&x)[kVectors], F (&acc)[kTiles][kVectors][kParts],
                                               std::integer_sequence<int, i...>) {
    (dot_column<Load>(w + i * 16, tile_stride, acc,
                      [&](F weights, std::uint32_t v, F sum) { return L::template fma_lane<i>(weights, x[v], sum); }),
     ...);
  }

  // acc[tile][vector][r] = fma(w[r][k], x[k], acc), k ascending, for 16 rows r of each tile. `ahead` is how many bytes
  // after a line of a tile the one lies to ask for.
  template <class Load, bool kAhead, std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot(const typename Load::T *w, std::size_t tile_stride, const float *x,
                                         std::size_t x_stride, std::uint32_t cols, std::size_t ahead,
                                         F (&acc)[kTiles][kVectors][kParts]) {
    constexpr std::uint32_t kLine = kAhead ? 64 / (16 * sizeof(*w)) : 1;  // columns
    if constexpr (kByLane) {
      for (; cols >= W; cols -= W, w += W * 16, x += W) {
        F some[kVectors];
#pragma GCC unroll 16
        for (std::uint32_t v = 0; v < kVectors; ++v) some[v] = L::load(x + v * x_stride);
        dot_lanes<Load>(w, tile_stride, some, acc, kLanes);
      }
    }
    const auto next_column = [&] {
      dot_column<Load>(w, tile_stride, acc, [&](F weights, std::uint32_t v, F sum) {
        return L::fma(weights, L::set(x[v * x_stride]), sum);
      });
      w += 16;
      x += 1;
    };
    for (; cols >= kLine; cols -= kLine) {
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) prefetch<kAhead>(w + tile * tile_stride, ahead);
#pragma GCC unroll 2
      for (std::uint32_t i = 0; i < kLine; ++i) next_column();
    }
    if (kLine == 2 && cols != 0) next_column();
  }

  // Where a block of sums is worked on: rows of the tiles from `tile` on, tokens from `token` on, columns [begin, end).
  struct Place {
    std::uint32_t tile, token, begin, end;
  };

  template <class Load>
  struct FloatBlock {
    using T = typename Load::T;
    static constexpr std::uint32_t kColumns = 192;
    static std::uint32_t column_step(const Matmul &) { return kColumns; }
    static std::uint64_t tile_bytes(const Matmul &m) { return std::uint64_t{m.cols} * 16 * sizeof(T); }
    static std::uint64_t row_bytes(const Matmul &m) { return std::uint64_t{m.cols} * sizeof(float); }
    static const T *weights(const Matmul &m, Place at) {
      return reinterpret_cast<const T *>(m.weights) + (std::size_t{at.tile} * m.cols + at.begin) * 16;
    }

    template <std::uint32_t kTiles, std::uint32_t kTokens>
    static void run(const Matmul &m, Place at) {
      run_on<kTiles, kTokens>(weights(m, at), std::size_t{m.cols} * 16, m, at);
    }

    // With weights of the block's tiles and columns that lie elsewhere.
    template <std::uint32_t kTiles, std::uint32_t kTokens>
    [[gnu::always_inline]] static void run_on(const T *w, std::size_t tile_stride, const Matmul &m, Place at) {
      constexpr std::size_t kAhead = 1024;  // bytes
      F acc[kTiles][kTokens][kParts];
      get_rows(m, at, acc);
      dot<Load, L::prefetch_floats && kTokens == 1>(w, tile_stride, m.x + at.token * m.x_stride + at.begin, m.x_stride,
                                                    at.end - at.begin, kAhead, acc);
      put_rows(m, at, acc);
    }
  };

  // body(y, acc) for each vector of a block's sums, which belongs at y.
  template <std::uint32_t kTiles, std::uint32_t kTokens, class Body>
  [[gnu::always_inline]] static void each_vector(const Matmul &m, Place at, F (&acc)[kTiles][kTokens][kParts],
                                                 Body body) {
    const std::size_t stride = m.y_stride;
    float *y = m.y + at.token * stride + std::size_t{at.tile} * 16;
#pragma GCC unroll 16
    for (std::uint32_t token = 0; token < kTokens; ++token, y += stride) {
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kTiles * kParts; ++i) body(y + i * W, i, acc[i / kParts][token][i % kParts]);
    }
  }

  // Rows of the block that a vector of sums, the i-th of a token, has from its own on.
  static std::uint32_t rows_left(const Matmul &m, Place at, std::uint32_t i) {
    const std::uint32_t row = at.tile * 16 + i * W;
    return row >= m.rows ? 0 : m.rows - row;
  }

  // Asks for the rows of y that a block of some tokens will write, those of tokens i, i + step, ...: a few at a time,
  // so that the loads of weights do not wait behind them.
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  static void prefetch_rows(const Matmul &m, Place at, std::uint32_t i, std::uint32_t step) {
    if (kTokens == 1 || at.begin != 0) return;
    for (std::uint32_t t = i; t < kTokens; t += step) {
      const float *y = m.y + (at.token + t) * m.y_stride + at.tile * 16;
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) __builtin_prefetch(y + tile * 16, 1);
    }
  }

  // The sums over the columns before at.begin, which an earlier block left in y.
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  [[gnu::always_inline]] static void get_rows(const Matmul &m, Place at, F (&acc)[kTiles][kTokens][kParts]) {
    if (at.begin == 0) return clear(acc);
    if ((at.tile + kTiles) * 16 <= m.rows) {
      return each_vector(m, at, acc, [](const float *y, std::uint32_t, F &a) { a = L::load(y); });
    }
    each_vector(m, at, acc, [&](const float *y, std::uint32_t i, F &a) {
      const std::uint32_t n = rows_left(m, at, i);
      a = n >= W ? L::load(y) : n > 0 ? L::load_part(y, n) : L::set(0.0f);
    });
  }

  template <std::uint32_t kTiles, std::uint32_t kTokens>
  [[gnu::always_inline]] static void put_rows(const Matmul &m, Place at, F (&acc)[kTiles][kTokens][kParts]) {
    if ((at.tile + kTiles) * 16 <= m.rows) {
      return each_vector(m, at, acc, [](float *y, std::uint32_t, F &a) { L::store(y, a); });
    }
    each_vector(m, at, acc, [&](float *y, std::uint32_t i, F &a) {
      const std::uint32_t n = rows_left(m, at, i);
      if (n >= W) {
        L::store(y, a);
      } else if (n > 0) {
        L::store_part(y, a, n);
      }
    });
  }

  // Blocks of tokens from at.token to `end` on kTiles tiles.
  template <class Block, std::uint32_t kTiles>
  static void times_blocks(const Matmul &m, Place at, std::uint32_t end) {
    for (; at.token < end; at.token += L::block_tokens) Block::template run<kTiles, L::block_tokens>(m, at);
  }

  // The same with f16 weights: to widen them is a fifth of the multipliers' work in each block.
  template <std::uint32_t kTiles>
  [[gnu::noinline]] static void times_blocks_widened(const Matmul &m, Place at, std::uint32_t end) {
    using Block = FloatBlock<LoadF32>;
    alignas(64) float widened[kTiles][Block::kColumns * 16];
    const std::uint16_t *halves = FloatBlock<LoadF16>::weights(m, at);
    for (std::uint32_t tile = 0; tile < kTiles; ++tile, halves += std::size_t{m.cols} * 16) {
      for (std::uint32_t i = 0; i < (at.end - at.begin) * 16; i += W)
        L::store(widened[tile] + i, L::load_f16(halves + i));
    }
    for (; at.token < end; at.token += L::block_tokens) {
      Block::template run_on<kTiles, L::block_tokens>(widened[0], Block::kColumns * 16, m, at);
    }
  }

  // Tiles [tile, tile + kTiles), tokens [begin, end): blocks of tokens on a few tiles, whose sums fill the registers,
  // column_step columns at a time, so that the weights stay in the first cache for all tokens; the tokens that remain
  // on all of the tiles, which keeps as many streams from memory going.
  template <class Block, std::uint32_t kTiles>
  static void times_tokens(const Matmul &m, std::uint32_t tile, std::uint32_t begin, std::uint32_t end) {
    constexpr std::uint32_t kBlockTiles = kTiles < L::block_tiles ? kTiles : L::block_tiles;
    constexpr bool kWiden = L::widen_f16 && std::is_same_v<Block, FloatBlock<LoadF16>>;
    const std::uint32_t whole = L::block_tokens == 1 ? begin : end - (end - begin) % L::block_tokens;
    const std::uint32_t step = Block::column_step(m);
    for (std::uint32_t i = 0; whole != begin && i < kTiles; i += kBlockTiles) {
      for (std::uint32_t k = 0; k < m.cols; k += step) {
        const Place at = {tile + i, begin, k, m.cols - k < step ? m.cols : k + step};
        if (kWiden && whole - begin >= 4 * L::block_tokens) {
          times_blocks_widened<kBlockTiles>(m, at, whole);
        } else {
          times_blocks<Block, kBlockTiles>(m, at, whole);
        }
      }
    }
    for (std::uint32_t t = whole; t < end; ++t) Block::template run<kTiles, 1>(m, Place{tile, t, 0, m.cols});
  }

  // Tiles [tile, end), tokens [first, last).
  template <class Block>
  static void times_tiles(const Matmul &m, std::uint32_t tile, std::uint32_t end, std::uint32_t first,
                          std::uint32_t last) {
    for (; tile + L::streams <= end; tile += L::streams) times_tokens<Block, L::streams>(m, tile, first, last);
    for (; tile < end; ++tile) times_tokens<Block, 1>(m, tile, first, last);
  }

  // How many of `bytes` each, a multiple of `unit`, are worked on at a time, so that tiles and tokens both stay in a
  // second cache of 512 KB.
  static constexpr std::uint32_t fitting(std::uint64_t bytes, std::uint32_t unit) {
    const auto units = static_cast<std::uint32_t>((std::uint64_t{128} << 10) / (bytes * unit));
    return units == 0 ? unit : units * unit;
  }

  // Tiles [begin, end), all tokens.
  template <class Block>
  static void matmul(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
    if (L::block_tokens == 1 || m.tokens <= 4 * L::block_tokens) return times_tiles<Block>(m, begin, end, 0, m.tokens);
    const std::uint32_t tiles = fitting(Block::tile_bytes(m), L::streams);
    const std::uint32_t tokens = fitting(Block::row_bytes(m), 4 * L::block_tokens);
    for (std::uint32_t tile = begin; tile < end; tile += tiles) {
      const std::uint32_t last = end - tile < tiles ? end : tile + tiles;
      for (std::uint32_t t = 0; t < m.tokens; t += tokens) {
        times_tiles<Block>(m, tile, last, t, m.tokens - t < tokens ? m.tokens : t + tokens);
      }
    }
  }
};

}  // namespace tidbit
