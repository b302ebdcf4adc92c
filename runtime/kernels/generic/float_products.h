// Products of f32 and f16 matrices, and the dot product that they share with the scores of attention.
//
// A tile is [column][16 rows], so a column fills the registers of 16 rows. Each register is multiplied by the
// activation of that column, broadcast, and added to the rows' sums. Columns ascend, with one fma each:
//
//   width 8    column k of a tile            x[k] of a token
//   register 0 | w[0][k] .. w[7][k]   |  *  | x x x x x x x x |  + sums of rows 0 to 7
//   register 1 | w[8][k] .. w[15][k]  |  *  | x x x x x x x x |  + sums of rows 8 to 15
//
// A type with fma_lane loads `width` activations at once and multiplies by one lane after another.
#pragma once

#include "base/meta.h"
#include "kernels/generic/walk.h"

namespace tidbit {

// How the elements of each type become floats. Scaled elements are those of a q8 cache, with one scale per position.
template <ElementLanes L>
struct LoadF32 {
  using Element = float;
  static constexpr bool scaled = false;
  static typename L::Floats whole(const Element *p) { return L::load(p); }
  static typename L::Floats part(const Element *p, std::uint32_t n) { return L::load_part(p, n); }
};
template <ElementLanes L>
struct LoadF16 {
  using Element = std::uint16_t;
  static constexpr bool scaled = false;
  static typename L::Floats whole(const Element *p) { return L::load_f16(p); }
  static typename L::Floats part(const Element *p, std::uint32_t n) { return L::load_f16_part(p, n); }
};
template <ElementLanes L>
struct LoadI8 {
  using Element = std::int8_t;
  static constexpr bool scaled = true;
  static typename L::Floats whole(const Element *p) { return L::load_i8(p); }
  static typename L::Floats part(const Element *p, std::uint32_t n) { return L::load_i8_part(p, n); }
};

template <ElementLanes L, class Load>
struct FloatDot {
  using Floats = typename L::Floats;
  using Element = typename Load::Element;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;
  static constexpr bool kByLane = requires(Floats x) { L::template fma_lane<0>(x, x, x); };
  static constexpr bool kByColumn = requires(const Element *p, Floats (&all)[kRegisters]) {
    L::load_tile_column(p, all);
  };

  // 16 elements.
  [[gnu::always_inline]] static void load_column(const Element *p, Floats (&all)[kRegisters]) {
    if constexpr (kByColumn) {
      L::load_tile_column(p, all);
    } else {
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kRegisters; ++i) all[i] = Load::whole(p + i * L::width);
    }
  }

  // One column: sums[tile][input][r] = times(w[r], input, sum).
  template <std::uint32_t kTiles, std::uint32_t kInputs, class Times>
  [[gnu::always_inline]] static void column(const Element *w, std::size_t tile_stride,
                                            Floats (&sums)[kTiles][kInputs][kRegisters], Times times) {
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      const auto *line = w + tile * tile_stride;
      Floats weights[kRegisters];
      if constexpr (kByColumn) L::load_tile_column(line, weights);
#pragma GCC unroll 16
      for (std::uint32_t r = 0; r < kRegisters; ++r) {
        if constexpr (!kByColumn) weights[r] = Load::whole(line + r * L::width);
#pragma GCC unroll 16
        for (std::uint32_t v = 0; v < kInputs; ++v) sums[tile][v][r] = times(weights[r], v, sums[tile][v][r]);
      }
    }
  }

  // `width` columns; x contains the elements of each input.
  template <std::uint32_t kTiles, std::uint32_t kInputs, std::uint32_t... lane>
  [[gnu::always_inline]] static void columns(const Element *w, std::size_t tile_stride, const Floats (&x)[kInputs],
                                             Floats (&sums)[kTiles][kInputs][kRegisters], Indices<lane...>) {
    (column(
         w + lane * format::kTileRows, tile_stride, sums,
         [&](Floats weights, std::uint32_t v, Floats sum) { return L::template fma_lane<lane>(weights, x[v], sum); }),
     ...);
  }

  // sums[tile][input][r] = fma(w[r][k], x[k], sum) for ascending k and the 16 rows r of each tile. Inputs are x_stride
  // apart. With kPrefetch, the line `ahead` bytes after each line of a tile is prefetched.
  template <bool kPrefetch, std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void dot(const Element *w, std::size_t tile_stride, const float *x,
                                         std::size_t x_stride, std::uint32_t cols, std::size_t ahead,
                                         Floats (&sums)[kTiles][kInputs][kRegisters]) {
    constexpr std::uint32_t kLine = kPrefetch ? 64 / (format::kTileRows * sizeof(*w)) : 1;  // columns
    if constexpr (kByLane) {
      for (; cols >= L::width; cols -= L::width, w += L::width * format::kTileRows, x += L::width) {
        Floats some[kInputs];
#pragma GCC unroll 16
        for (std::uint32_t v = 0; v < kInputs; ++v) some[v] = L::load(x + v * x_stride);
        columns(w, tile_stride, some, sums, IndicesTo<L::width>{});
      }
    }
    const auto next_column = [&] {
      column(w, tile_stride, sums, [&](Floats weights, std::uint32_t v, Floats sum) {
        return L::fma(weights, L::set(x[v * x_stride]), sum);
      });
      w += format::kTileRows;
      x += 1;
    };
    for (; cols >= kLine; cols -= kLine) {
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) prefetch<kPrefetch>(w + tile * tile_stride, ahead);
#pragma GCC unroll 2
      for (std::uint32_t i = 0; i < kLine; ++i) next_column();
    }
    if (kLine == 2 && cols != 0) next_column();
  }
};

template <ElementLanes L, class Load>
struct FloatProduct {
  using Floats = typename L::Floats;
  using Element = typename Load::Element;
  static constexpr std::uint32_t kColumns = 192;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;

  static std::uint32_t column_step(const Matmul &) { return kColumns; }
  static std::uint64_t tile_bytes(const Matmul &m) {
    return std::uint64_t{m.cols} * format::kTileRows * sizeof(Element);
  }
  static std::uint64_t token_bytes(const Matmul &m) { return std::uint64_t{m.cols} * sizeof(float); }

  static const Element *weights(const Matmul &m, Place at) {
    return reinterpret_cast<const Element *>(m.weights) +
           (std::size_t{at.tile} * m.cols + at.begin) * format::kTileRows;
  }

  template <std::uint32_t kTiles, std::uint32_t kTokens>
  static void micro_kernel(const Matmul &m, Place at) {
    multiply<kTiles, kTokens>(weights(m, at), std::size_t{m.cols} * format::kTileRows, m, at);
  }

  // The same, with the weights of these tiles and columns in another place.
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  [[gnu::always_inline]] static void multiply(const Element *w, std::size_t tile_stride, const Matmul &m, Place at) {
    constexpr std::size_t kAhead = 1024;  // bytes
    Floats sums[kTiles][kTokens][kRegisters];
    TileSums<L>::load(m, at, sums);
    FloatDot<L, Load>::template dot<L::tuning.prefetch_floats && kTokens == 1>(
        w, tile_stride, m.x + at.token * m.x_stride + at.begin, m.x_stride, at.end - at.begin, kAhead, sums);
    TileSums<L>::store(m, at, sums);
  }
};

// Widens f16 weights once for many tokens. In each micro-kernel it would cost a fifth as much as the multiplications.
template <ElementLanes L>
struct WidenedProduct : FloatProduct<L, LoadF16<L>> {
  using Halves = FloatProduct<L, LoadF16<L>>;
  using Wide = FloatProduct<L, LoadF32<L>>;
  static constexpr std::uint32_t kPrepareFrom = 4 * L::tuning.tokens;

  static std::uint32_t prepared_step(const Matmul &m) { return Halves::column_step(m); }

  template <std::uint32_t kTiles>
  [[gnu::noinline]] static void prepared(const Matmul &m, Place at, std::uint32_t end) {
    constexpr std::size_t kStride = std::size_t{Wide::kColumns} * format::kTileRows;
    alignas(64) float widened[kTiles][kStride];
    const std::uint16_t *halves = Halves::weights(m, at);
    for (std::uint32_t tile = 0; tile < kTiles; ++tile, halves += std::size_t{m.cols} * format::kTileRows) {
      for (std::uint32_t i = 0; i < (at.end - at.begin) * format::kTileRows; i += L::width)
        L::store(widened[tile] + i, L::load_f16(halves + i));
    }
    for (; at.token < end; at.token += L::tuning.tokens) {
      Wide::template multiply<kTiles, L::tuning.tokens>(widened[0], kStride, m, at);
    }
  }
};

}  // namespace tidbit
