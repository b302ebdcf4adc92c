// The walk over the tiles and tokens of a product, the same for all formats. It decides where each micro-kernel works,
// and in which order, so that memory and caches are used well.
//
// A micro-kernel multiplies some tiles (16 rows each) with some tokens over a range of columns. Its sums stay in
// registers:
//
//              token 0   token 1   ...           sums[tile][token][register]: each register has `width` of a tile's
//   tile 0     16 sums   16 sums                 16 rows. If the range does not begin at column 0, the sums continue
//   tile 1     16 sums   16 sums                 those in y.
//
// A single token is bound by memory: Tuning::streams tiles at a time, all columns. With more tokens, some columns of
// Tuning::tiles tiles stay in the L1 cache while the tokens pass, Tuning::tokens at a time. Many tiles and tokens are
// cut into blocks that stay in the L2 cache.
//
// A product P defines P::micro_kernel<tiles, tokens>(m, place); P::column_step(m), the columns at a time; and
// P::tile_bytes(m) and P::token_bytes(m). It may also define P::prepared<tiles>(m, place, end), which runs the
// micro-kernels for all tokens up to `end` on weights that it has prepared once; P::prepared_step(m), the columns at a
// time; and P::kPrepareFrom, the tokens from which on that pays.
#pragma once

#include "kernels/kernels.h"
#include "kernels/lanes.h"

namespace tidbit {

// Where a micro-kernel works: its first tile, its first token, and columns [begin, end).
struct Place {
  std::uint32_t tile, token, begin, end;
};

// Prefetches the line `ahead` bytes after p, for data that is read once, because hardware prefetchers do not follow all
// streams from page to page. Does nothing past the end of the memory.
template <bool kWanted>
[[gnu::always_inline]] static inline void prefetch(const void *p, std::size_t ahead) {
  if constexpr (kWanted) {
    __builtin_prefetch(reinterpret_cast<const void *>(reinterpret_cast<std::uintptr_t>(p) + ahead));
  }
}

// Clears the sums of a micro-kernel, or loads them from y, and stores them there.
template <ArithmeticLanes L>
struct TileSums {
  using Floats = typename L::Floats;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;

  template <std::uint32_t kTiles, std::uint32_t kTokens>
  [[gnu::always_inline]] static void clear(Floats (&sums)[kTiles][kTokens][kRegisters]) {
#pragma GCC unroll 64
    for (std::uint32_t i = 0; i < kTiles * kTokens * kRegisters; ++i) {
      sums[i / kRegisters / kTokens][i / kRegisters % kTokens][i % kRegisters] = L::set(0.0f);
    }
  }

  // Calls body(y, i, sum) for each register of sums: it is the i-th of its token and belongs at y.
  template <std::uint32_t kTiles, std::uint32_t kTokens, class Body>
  [[gnu::always_inline]] static void each(const Matmul &m, Place at, Floats (&sums)[kTiles][kTokens][kRegisters],
                                          Body body) {
    const std::size_t stride = m.y_stride;
    float *y = m.y + at.token * stride + std::size_t{at.tile} * format::kTileRows;
#pragma GCC unroll 16
    for (std::uint32_t token = 0; token < kTokens; ++token, y += stride) {
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kTiles * kRegisters; ++i)
        body(y + i * L::width, i, sums[i / kRegisters][token][i % kRegisters]);
    }
  }

  // The number of rows from the first row of a token's i-th register to the end of the matrix.
  static std::uint32_t rows_left(const Matmul &m, Place at, std::uint32_t i) {
    const std::uint32_t row = at.tile * format::kTileRows + i * L::width;
    return row >= m.rows ? 0 : m.rows - row;
  }

  // The sums over the columns before at.begin.
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  [[gnu::always_inline]] static void load(const Matmul &m, Place at, Floats (&sums)[kTiles][kTokens][kRegisters]) {
    if (at.begin == 0) return clear(sums);
    if ((at.tile + kTiles) * format::kTileRows <= m.rows) {
      return each(m, at, sums, [](const float *y, std::uint32_t, Floats &sum) { sum = L::load(y); });
    }
    each(m, at, sums, [&](const float *y, std::uint32_t i, Floats &sum) {
      const std::uint32_t n = rows_left(m, at, i);
      sum = n >= L::width ? L::load(y) : n > 0 ? L::load_part(y, n) : L::set(0.0f);
    });
  }

  template <std::uint32_t kTiles, std::uint32_t kTokens>
  [[gnu::always_inline]] static void store(const Matmul &m, Place at, Floats (&sums)[kTiles][kTokens][kRegisters]) {
    if ((at.tile + kTiles) * format::kTileRows <= m.rows) {
      return each(m, at, sums, [](float *y, std::uint32_t, Floats &sum) { L::store(y, sum); });
    }
    each(m, at, sums, [&](float *y, std::uint32_t i, Floats &sum) {
      const std::uint32_t n = rows_left(m, at, i);
      if (n >= L::width) {
        L::store(y, sum);
      } else if (n > 0) {
        L::store_part(y, sum, n);
      }
    });
  }

  // Prefetches the places in y that a micro-kernel of several tokens will write, for tokens i, i + step, ...: a few at
  // a time, so that the loads of weights do not wait for them.
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  static void prefetch_rows(const Matmul &m, Place at, std::uint32_t i, std::uint32_t step) {
    if (kTokens == 1 || at.begin != 0) return;
    for (std::uint32_t t = i; t < kTokens; t += step) {
      const float *y = m.y + (at.token + t) * m.y_stride + at.tile * format::kTileRows;
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) __builtin_prefetch(y + tile * format::kTileRows, 1);
    }
  }
};

template <class L, class P>
struct Walk {
  static constexpr Tuning kTuning = L::tuning;

  // Calls body(place) for each `step` columns.
  template <class Body>
  [[gnu::always_inline]] static void each_place(const Matmul &m, std::uint32_t tile, std::uint32_t token,
                                                std::uint32_t step, Body body) {
    for (std::uint32_t k = 0; k < m.cols; k += step) {
      body(Place{tile, token, k, m.cols - k < step ? m.cols : k + step});
    }
  }

  // Tiles [tile, tile + kTiles), tokens [begin, end). Tokens that do not fill a micro-kernel are multiplied one by one
  // with all of the tiles, which keeps many streams from memory going.
  template <std::uint32_t kTiles>
  static void strip(const Matmul &m, std::uint32_t tile, std::uint32_t begin, std::uint32_t end) {
    constexpr std::uint32_t kTokens = kTuning.tokens, kSome = kTiles < kTuning.tiles ? kTiles : kTuning.tiles;
    const std::uint32_t whole = kTokens == 1 ? begin : end - (end - begin) % kTokens;
    for (std::uint32_t i = 0; whole != begin && i < kTiles; i += kSome) {
      if constexpr (requires(Place at) { P::template prepared<kSome>(m, at, whole); }) {
        if (whole - begin >= P::kPrepareFrom) {
          each_place(m, tile + i, begin, P::prepared_step(m),
                     [&](Place at) { P::template prepared<kSome>(m, at, whole); });
          continue;
        }
      }
      each_place(m, tile + i, begin, P::column_step(m), [&](Place at) {
        for (; at.token < whole; at.token += kTokens) P::template micro_kernel<kSome, kTokens>(m, at);
      });
    }
    for (std::uint32_t t = whole; t < end; ++t) P::template micro_kernel<kTiles, 1>(m, Place{tile, t, 0, m.cols});
  }

  // Tiles [tile, end), tokens [first, last).
  static void strips(const Matmul &m, std::uint32_t tile, std::uint32_t end, std::uint32_t first, std::uint32_t last) {
    for (; tile + kTuning.streams <= end; tile += kTuning.streams) strip<kTuning.streams>(m, tile, first, last);
    for (; tile < end; ++tile) strip<1>(m, tile, first, last);
  }

  // How many tiles or tokens, of `bytes` each, form a block, so that the tiles and the tokens both stay in an L2 cache
  // of 512 KB. A multiple of `unit`.
  static constexpr std::uint32_t fitting(std::uint64_t bytes, std::uint32_t unit) {
    const auto units = static_cast<std::uint32_t>((std::uint64_t{128} << 10) / (bytes * unit));
    return units == 0 ? unit : units * unit;
  }

  // Tiles [begin, end), all tokens.
  static void matmul(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
    if (kTuning.tokens == 1 || m.tokens <= 4 * kTuning.tokens) return strips(m, begin, end, 0, m.tokens);
    const std::uint32_t tiles = fitting(P::tile_bytes(m), kTuning.streams);
    const std::uint32_t tokens = fitting(P::token_bytes(m), 4 * kTuning.tokens);
    for (std::uint32_t tile = begin; tile < end; tile += tiles) {
      const std::uint32_t last = end - tile < tiles ? end : tile + tiles;
      for (std::uint32_t t = 0; t < m.tokens; t += tokens) {
        strips(m, tile, last, t, m.tokens - t < tokens ? m.tokens : t + tokens);
      }
    }
  }
};

}  // namespace tidbit
