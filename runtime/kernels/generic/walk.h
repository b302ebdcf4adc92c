// The walk over the tiles and tokens of a product, the same for all formats: which micro-kernel works where, and in
// which order, so that memory and caches are used well.
//
// A micro-kernel multiplies 16 rows of some tiles with some tokens over a range of columns; its sums stay in registers:
//
//              token 0   token 1   ...           sums[tile][token][register]: `width` of a tile's 16 rows each;
//   tile 0     16 sums   16 sums                 where the range does not begin at column 0, they continue what an
//   tile 1     16 sums   16 sums                 earlier one left in y
//
// One token alone is bound by memory: Tuning::streams tiles at a time, all columns. For more tokens the weights of
// `tiles` tiles, some columns at a time, stay in the first cache while `tokens` tokens after `tokens` tokens pass; and
// many tokens and tiles are cut so that both stay in the second.
//
// A product P says what a micro-kernel does: P::micro_kernel<tiles, tokens>(m, place), P::column_step(m), columns at a
// time; P::tile_bytes(m) and P::token_bytes(m). Perhaps also P::prepared<tiles>(m, place, end): micro-kernels for all
// tokens up to `end`, with weights that are made ready for them once.
#pragma once

#include "kernels/kernels.h"
#include "kernels/lanes.h"

namespace tidbit {

// Where a micro-kernel works: rows of the tiles from `tile` on, tokens from `token` on, columns [begin, end).
struct Place {
  std::uint32_t tile, token, begin, end;
};

// Prefetches the line `ahead` bytes after p, where each line is read once and the hardware does not follow all streams
// from page to page. Past the end of the memory it does nothing.
template <bool kWanted>
[[gnu::always_inline]] static inline void prefetch(const void *p, std::size_t ahead) {
  if constexpr (kWanted) {
    __builtin_prefetch(reinterpret_cast<const void *>(reinterpret_cast<std::uintptr_t>(p) + ahead));
  }
}

// The sums of a micro-kernel: cleared, loaded from y and stored there.
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

  // body(y, i, sum) for each register of sums, the i-th of a token, which belongs at y.
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

  // Rows of the matrix that the i-th register of a token has from its own on.
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

  // Prefetches the rows of y that a micro-kernel of several tokens will write, those of tokens i, i + step, ...: a few
  // at a time, so that the loads of weights do not wait behind them.
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

  // Tiles [tile, tile + kTiles), tokens [begin, end). Tokens that do not fill a micro-kernel pass one by one over all
  // of the tiles, which keeps as many streams from memory going.
  template <std::uint32_t kTiles>
  static void strip(const Matmul &m, std::uint32_t tile, std::uint32_t begin, std::uint32_t end) {
    constexpr std::uint32_t kTokens = kTuning.tokens, kSome = kTiles < kTuning.tiles ? kTiles : kTuning.tiles;
    const std::uint32_t whole = kTokens == 1 ? begin : end - (end - begin) % kTokens;
    const std::uint32_t step = P::column_step(m);
    for (std::uint32_t i = 0; whole != begin && i < kTiles; i += kSome) {
      for (std::uint32_t k = 0; k < m.cols; k += step) {
        Place at = {tile + i, begin, k, m.cols - k < step ? m.cols : k + step};
        if constexpr (requires { P::template prepared<kSome>(m, at, whole); }) {
          if (whole - begin >= 4 * kTokens) {
            P::template prepared<kSome>(m, at, whole);
            continue;
          }
        }
        for (; at.token < whole; at.token += kTokens) P::template micro_kernel<kSome, kTokens>(m, at);
      }
    }
    for (std::uint32_t t = whole; t < end; ++t) P::template micro_kernel<kTiles, 1>(m, Place{tile, t, 0, m.cols});
  }

  // Tiles [tile, end), tokens [first, last).
  static void strips(const Matmul &m, std::uint32_t tile, std::uint32_t end, std::uint32_t first, std::uint32_t last) {
    for (; tile + kTuning.streams <= end; tile += kTuning.streams) strip<kTuning.streams>(m, tile, first, last);
    for (; tile < end; ++tile) strip<1>(m, tile, first, last);
  }

  // How many things of `bytes` each, a multiple of `unit`, are worked on at a time, so that tiles and tokens both stay
  // in a second cache of 512 KB.
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
