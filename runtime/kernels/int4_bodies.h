// The int4 kernel over a type of lanes, and the whole table of kernels. Within a group the sum is an exact int32: per
// block of 32 codes c (0 to 15), scale * (sum(c x) - 8 sum(x)) + 6 shift * sum(x), where sum(x) comes with the
// activations.
//
// Beside what quant_bodies.h asks for, a lanes type has: N, 4 codes in each lane; load_nibbles(p), of which low(n) and
// high(n) are the codes of 4 columns each; B, a block's sums, from block_start(start) on, block_dot(b, n, x4) adding
// the products with word i of x; load_scale(p) of a fine byte a lane, with which add_block(acc, b, scale)
// adds a finished block to an I; and load_zeros(p, q) of the fine bytes of two blocks, with which add_zeros(acc, zeros,
// sums) adds what the sums of their activations are multiplied by. Instead of N and block_dot a type may have
// dot_block(codes, x, sums), which adds a block's products of 16 rows.
#pragma once

#include "kernels/quant_bodies.h"

namespace tidbit {

template <class L>
struct Int4Bodies : QuantBodies<L> {
  using F = typename L::F;
  using I = typename L::I;
  using B = typename L::B;
  using FloatBodies<L>::W;
  using FloatBodies<L>::kParts;

  // Tiles are tile_stride apart, vectors x_stride, and their sums sum_stride.
  struct Operands {
    const std::byte *fine, *codes;
    std::size_t tile_stride;
    const std::int8_t *x;
    std::size_t x_stride;
    const CodeSums *sums;
    std::size_t sum_stride;
  };

  // Columns [8 o, 8 o + 8) of a block.
  template <std::uint32_t o, std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot_octet(const std::byte *codes, std::size_t tile_stride, const std::int8_t *x,
                                               std::size_t x_stride, B (&block)[kTiles][kVectors][kParts]) {
    constexpr std::uint32_t kLow = 2 * o % L::turn, kHigh = (2 * o + 1) % L::turn, kAll = kTiles * kParts;
    typename L::N low[kAll], high[kAll];
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kAll; ++i) {
      const auto both = L::load_nibbles(codes + i / kParts * tile_stride + o * 64 + i % kParts * W * 4);
      low[i] = L::low(both);
      high[i] = L::high(both);
    }
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kVectors; ++v) {
      const std::int8_t *octet = x + v * x_stride + o * 8;
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kAll; ++i) {
        B &b = block[i / kParts][v][i % kParts];
        b = L::template block_dot<kLow>(b, low[i], L::load_x(octet - kLow * 4));
      }
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kAll; ++i) {
        B &b = block[i / kParts][v][i % kParts];
        b = L::template block_dot<kHigh>(b, high[i], L::load_x(octet + 4 - kHigh * 4));
      }
    }
  }

  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot_nibbles(const std::byte *codes, std::size_t tile_stride, const std::int8_t *x,
                                                 std::size_t x_stride, B (&block)[kTiles][kVectors][kParts]) {
    if constexpr (requires { &L::dot_block; }) {
      for (std::uint32_t i = 0; i < kTiles * kVectors; ++i) {
        const std::uint32_t tile = i / kVectors, v = i % kVectors;
        L::dot_block(codes + tile * tile_stride, x + v * x_stride, block[tile][v]);
      }
    } else {
      dot_octet<0>(codes, tile_stride, x, x_stride, block);
      dot_octet<1>(codes, tile_stride, x, x_stride, block);
      dot_octet<2>(codes, tile_stride, x, x_stride, block);
      dot_octet<3>(codes, tile_stride, x, x_stride, block);
    }
  }

  // Block `half` of a pair: scale * (sum of the products - 8 sum of x).
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void add_block(Operands o, std::uint32_t half, I (&acc)[kTiles][kVectors][kParts]) {
    B block[kTiles][kVectors][kParts];
    for (std::uint32_t v = 0; v < kVectors; ++v) {
      for (auto &tile : block) {
        for (B &b : tile[v]) b = L::block_start(o.sums[v * o.sum_stride].start[half]);
      }
    }
    dot_nibbles(o.codes + half * format::kTileRows * format::kBlock / 2, o.tile_stride, o.x + half * format::kBlock,
                o.x_stride, block);
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kTiles * kParts; ++i) {
      const std::uint32_t tile = i / kParts, part = i % kParts;
      const auto scale = L::load_scale(o.fine + tile * o.tile_stride + half * format::kTileRows + part * W);
#pragma GCC unroll 16
      for (std::uint32_t v = 0; v < kVectors; ++v) {
        acc[tile][v][part] = L::add_block(acc[tile][v][part], block[tile][v][part], scale);
      }
    }
  }

  // What the sums of the activations of both blocks are multiplied by.
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void add_zeros(Operands o, I (&acc)[kTiles][kVectors][kParts]) {
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kTiles * kParts; ++i) {
      const std::uint32_t tile = i / kParts, part = i % kParts;
      const std::byte *fine = o.fine + tile * o.tile_stride + part * W;
      const auto zeros = L::load_zeros(fine, fine + format::kTileRows);
#pragma GCC unroll 16
      for (std::uint32_t v = 0; v < kVectors; ++v) {
        acc[tile][v][part] = L::add_zeros(acc[tile][v][part], zeros, o.sums[v * o.sum_stride].sum);
      }
    }
  }

  struct NibbleBlock {
    static std::uint32_t column_step(const Matmul &m) { return QuantBodies<L>::whole_groups(m, 2048); }

    template <std::uint32_t kTiles, std::uint32_t kTokens>
    static void run(const Matmul &m, typename FloatBodies<L>::Place at) {
      const auto stride = static_cast<std::size_t>(format::q4_tile_bytes(m.cols, m.group));
      const std::size_t block = at.begin / format::kBlock, pair = block / 2;
      const std::byte *w = m.weights + at.tile * stride;
      Operands o{.fine = w + format::q4_scale_bytes(m.cols, m.group) + block * format::kTileRows,
                 .codes = w + format::q4_head_bytes(m.cols, m.group) + std::size_t{at.begin} * 8,
                 .tile_stride = stride,
                 .x = m.q.codes + at.token * m.q.code_stride + at.begin,
                 .x_stride = m.q.code_stride,
                 .sums = m.q.sums + at.token * m.q.sum_stride() + pair,
                 .sum_stride = m.q.sum_stride()};
      F acc[kTiles][kTokens][kParts];
      FloatBodies<L>::get_rows(m, at, acc);
      std::uint32_t g = at.begin / m.group;
      for (std::uint32_t k = at.begin; k < at.end; k += m.group, ++g) {
        I sums[kTiles][kTokens][kParts];
        dot_group(o, m.cols - k < m.group ? m.cols - k : m.group, sums);
        QuantBodies<L>::add_group(w + g * 32, stride, m.q.scales + at.token * m.q.group_stride + g, m.q.group_stride,
                                  sums, acc);
      }
      FloatBodies<L>::put_rows(m, at, acc);
    }
  };

  // The integer sums of one group; moves the operands on to the next one.
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  [[gnu::always_inline]] static void dot_group(Operands &o, std::uint32_t columns, I (&sums)[kTiles][kTokens][kParts]) {
    for (auto &of_tile : sums) {
      for (auto &of_token : of_tile) {
        for (I &sum : of_token) sum = L::start(0);
      }
    }
    for (std::uint32_t k = 0; k < columns; k += format::kPair) {
      const std::uint32_t blocks = k + format::kBlock < columns ? 2 : 1;
      for (std::uint32_t half = 0; half < blocks; ++half) add_block(o, half, sums);
      add_zeros(o, sums);
      o.fine += 2 * format::kTileRows;
      o.codes += format::kTileRows * format::kPair / 2;
      o.x += format::kPair;
      o.sums += 1;
    }
  }
};

// The whole table of a lanes type.
template <class L>
constexpr Kernels make_kernels(tidbit_isa isa) {
  using B = Int4Bodies<L>;
  return Kernels{
      .isa = isa,
      .matmul_f32 = &B::template matmul<typename B::template FloatBlock<typename B::LoadF32>>,
      .matmul_f16 = &B::template matmul<typename B::template FloatBlock<typename B::LoadF16>>,
      .matmul_q8 = &B::template matmul<typename B::CodeBlock>,
      .matmul_q4 = &B::template matmul<typename B::NibbleBlock>,
      .quantize = &B::quantize,
      .scores_f32 = &B::template scores<typename B::LoadF32>,
      .scores_f16 = &B::template scores<typename B::LoadF16>,
      .scores_q8 = &B::scores_q8,
      .mix_f32 = &B::template mix<typename B::LoadF32>,
      .mix_f16 = &B::template mix<typename B::LoadF16>,
      .mix_q8 = &B::template mix<typename B::LoadI8>,
      .softmax = &B::softmax,
      .rms_norm = &B::rms_norm,
      .layer_norm = &B::layer_norm,
      .activate = &B::activate,
      .add = &B::add,
      .rotate_halves = &B::rotate_halves,
      .to_f16 = &L::to_f16,
  };
}

}  // namespace tidbit
