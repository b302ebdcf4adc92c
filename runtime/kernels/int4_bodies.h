// The int4 kernel over a type of lanes, and the whole table of kernels. Within a group the sum is an exact int32: per
// block of 32 codes c (0 to 15), scale * (sum(c x) - 8 sum(x)) + 6 shift * sum(x), where sum(x) comes with the
// activations.
//
// Beside what quant_bodies.h asks for, a lanes type has: N, 4 codes in each lane; load_nibbles(p, low, high), the codes
// of 16 rows in 4 columns and in the next 4, which moves p on; B, a block's sums, from block_start(start) on,
// block_dot<i>(b, n, x) adding the products with word i of x; load_scales(p, scales) of the fine bytes of 16 rows, an S
// each, with which add_block(acc, b, scale) adds a finished block to an I; load_zeros(p, zeros) of the fine bytes of
// two blocks, with which add_zeros(acc, zeros, sums) adds what the sums of their activations are multiplied by; and
// prefetch_q4. Instead of N and block_dot a type may have dot_block(codes, x, sums), which adds a block's products of
// 16 rows.
#pragma once

#include "format/features.h"
#include "kernels/quant_bodies.h"

namespace tidbit {

template <class L>
struct Int4Bodies : QuantBodies<L> {
  using F = typename L::F;
  using I = typename L::I;
  using B = typename L::B;
  using FloatBodies<L>::W;
  using FloatBodies<L>::kParts;

  template <std::uint32_t kTiles>
  using Codes = typename QuantBodies<L>::template Codes<kTiles>;

  // Tiles are tile_stride apart, the sums of vectors sum_stride.
  template <std::uint32_t kTiles>
  struct Operands {
    const std::byte *fine;
    std::size_t tile_stride;
    const CodeSums *sums;
    std::size_t sum_stride;
    Codes<kTiles> codes;
  };

  // Columns [8 o, 8 o + 8) of a block: a tile's 16 rows with one vector.
  template <std::uint32_t o, class N>
  [[gnu::always_inline]] static void dot_line(const N (&low)[kParts], const N (&high)[kParts], const std::int8_t *x,
                                              B (&block)[kParts]) {
    constexpr std::uint32_t kLow = 2 * o % L::turn, kHigh = (2 * o + 1) % L::turn;
    const std::int8_t *octet = x + o * 8;
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kParts; ++i) {
      block[i] = L::template block_dot<kLow>(block[i], low[i], L::load_x(octet - kLow * 4));
    }
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kParts; ++i) {
      block[i] = L::template block_dot<kHigh>(block[i], high[i], L::load_x(octet + 4 - kHigh * 4));
    }
  }

  // Each tile with each vector; moves on to the next line of each tile.
  template <std::uint32_t o, std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot_octet(Codes<kTiles> &c, B (&block)[kTiles][kVectors][kParts]) {
    typename L::N low[kTiles][kParts], high[kTiles][kParts];
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      FloatBodies<L>::template prefetch<L::prefetch_q4 && kVectors == 1>(c.lines[tile], c.ahead);
      L::load_nibbles(c.lines[tile], low[tile], high[tile]);
      if (kVectors == 1) dot_line<o>(low[tile], high[tile], c.x, block[tile][0]);
    }
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kVectors && kVectors != 1; ++v) {
#pragma GCC unroll 16
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
        dot_line<o>(low[tile], high[tile], c.x + v * c.x_stride, block[tile][v]);
      }
    }
  }

  // A block: each tile with each vector; moves on to the next one.
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot_nibbles(Codes<kTiles> &c, B (&block)[kTiles][kVectors][kParts]) {
    if constexpr (requires { &L::dot_block; }) {
      static_assert(kTiles == 1 && kVectors == 1);
      L::dot_block(reinterpret_cast<const std::byte *>(c.lines[0]), c.x, block[0][0]);
      c.lines[0] += format::kTileRows * format::kBlock / 2;
    } else {
      dot_octet<0>(c, block);
      dot_octet<1>(c, block);
      dot_octet<2>(c, block);
      dot_octet<3>(c, block);
    }
    c.x += format::kBlock;
  }

  // Block `half` of a pair: scale * (sum of the products - 8 sum of x).
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void add_block(Operands<kTiles> &o, std::uint32_t half,
                                               I (&acc)[kTiles][kVectors][kParts]) {
    B block[kTiles][kVectors][kParts];
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kVectors; ++v) {
      const B start = L::block_start(o.sums[v * o.sum_stride].start[half]);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kTiles * kParts; ++i) block[i / kParts][v][i % kParts] = start;
    }
    dot_nibbles(o.codes, block);
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      typename L::S scales[kParts];
      L::load_scales(o.fine + tile * o.tile_stride + half * format::kTileRows, scales);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kVectors * kParts; ++i) {
        I &sum = acc[tile][i / kParts][i % kParts];
        sum = L::add_block(sum, block[tile][i / kParts][i % kParts], scales[i % kParts]);
      }
    }
  }

  // What the sums of the activations of both blocks are multiplied by.
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void add_zeros(const Operands<kTiles> &o, I (&acc)[kTiles][kVectors][kParts]) {
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      typename L::Zeros zeros[kParts];
      L::load_zeros(o.fine + tile * o.tile_stride, zeros);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kVectors * kParts; ++i) {
        I &sum = acc[tile][i / kParts][i % kParts];
        sum = L::add_zeros(sum, zeros[i % kParts], o.sums[i / kParts * o.sum_stride].sum);
      }
    }
  }

  struct NibbleBlock {
    static std::uint32_t column_step(const Matmul &m) { return QuantBodies<L>::whole_groups(m, 2048); }
    static std::uint64_t tile_bytes(const Matmul &m) { return format::q4_tile_bytes(m.cols, m.group); }
    static std::uint64_t row_bytes(const Matmul &m) { return m.cols; }

    template <std::uint32_t kTiles, std::uint32_t kTokens>
    static void run(const Matmul &m, typename FloatBodies<L>::Place at) {
      const auto stride = static_cast<std::size_t>(format::q4_tile_bytes(m.cols, m.group));
      const std::size_t block = at.begin / format::kBlock, pair = block / 2;
      const std::byte *w = m.weights + at.tile * stride;
      const auto *codes = reinterpret_cast<const std::int8_t *>(w + format::q4_head_bytes(m.cols, m.group));
      Operands<kTiles> o{.fine = w + format::q4_scale_bytes(m.cols, m.group) + block * format::kTileRows,
                         .tile_stride = stride,
                         .sums = m.q.sums + at.token * m.q.sum_stride() + pair,
                         .sum_stride = m.q.sum_stride(),
                         .codes = Codes<kTiles>(codes + std::size_t{at.begin} * 8, stride,
                                                m.q.codes + at.token * m.q.code_stride + at.begin, m.q.code_stride)};
      F acc[kTiles][kTokens][kParts];
      FloatBodies<L>::get_rows(m, at, acc);
      std::uint32_t g = at.begin / m.group;
      for (std::uint32_t k = at.begin; k < at.end; k += m.group, ++g) {
        if (L::prefetch_q4 && kTokens == 1) o.codes.look_ahead(std::size_t{m.cols - k} * 8, stride);
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
  [[gnu::always_inline]] static void dot_group(Operands<kTiles> &o, std::uint32_t columns,
                                               I (&sums)[kTiles][kTokens][kParts]) {
#pragma GCC unroll 64
    for (std::uint32_t i = 0; i < kTiles * kTokens * kParts; ++i) {
      sums[i / kParts / kTokens][i / kParts % kTokens][i % kParts] = L::start(0);
    }
    for (std::uint32_t k = 0; k < columns; k += format::kPair) {
      const std::uint32_t blocks = k + format::kBlock < columns ? 2 : 1;
      for (std::uint32_t half = 0; half < blocks; ++half) add_block(o, half, sums);
      add_zeros(o, sums);
      o.fine += 2 * format::kTileRows;
      o.sums += 1;
    }
  }
};

// The table of a lanes type, null where features.h leaves something out.
template <class L>
constexpr Kernels make_kernels(tidbit_isa isa) {
  using namespace features;
  using B = Int4Bodies<L>;
  return Kernels{
      .isa = isa,
      .matmul_f32 =
          has_weights(Dtype::f32) ? &B::template matmul<typename B::template FloatBlock<typename B::LoadF32>> : nullptr,
      .matmul_f16 =
          has_weights(Dtype::f16) ? &B::template matmul<typename B::template FloatBlock<typename B::LoadF16>> : nullptr,
      .matmul_q8 = has_weights(Dtype::q8) ? &B::template matmul<typename B::CodeBlock> : nullptr,
      .matmul_q4 = has_weights(Dtype::q4) ? &B::template matmul<typename B::NibbleBlock> : nullptr,
      .matmul_q8_16x16 = kTile16x16 ? &matmul_q8_16x16_plain : nullptr,
      .quantize = kQuantize ? &B::quantize : nullptr,
      .quantize_rows = nullptr,
      .scores_f32 = has_kv(Dtype::f32) ? &B::template scores<typename B::LoadF32> : nullptr,
      .scores_f16 = has_kv(Dtype::f16) ? &B::template scores<typename B::LoadF16> : nullptr,
      .scores_q8 = has_kv(Dtype::q8) ? &B::scores_q8 : nullptr,
      .mix_f32 = has_kv(Dtype::f32) ? &B::template mix<typename B::LoadF32> : nullptr,
      .mix_f16 = has_kv(Dtype::f16) ? &B::template mix<typename B::LoadF16> : nullptr,
      .mix_q8 = has_kv(Dtype::q8) ? &B::template mix<typename B::LoadI8> : nullptr,
      .softmax = &B::softmax,
      .rms_norm = has(Norm::rms_norm) ? &B::rms_norm : nullptr,
      .layer_norm = has(Norm::layer_norm) ? &B::layer_norm : nullptr,
      .activate = &B::activate,
      .add = &B::add,
      .rotate_halves = &B::rotate_halves,
      .to_f16 = has_kv(Dtype::f16) ? &L::to_f16 : nullptr,
  };
}

}  // namespace tidbit
