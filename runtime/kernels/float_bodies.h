// Attention over f32, f16 and, for values, int8: lanes are positions in the scores and channels in the mix. With the
// vectors and matrices these are all float kernels; what a lanes type has: vector_bodies.h and matmul_bodies.h. For the
// q8 bodies: quant_bodies.h.
#pragma once

#include "kernels/matmul_bodies.h"

namespace tidbit {

template <class L>
struct FloatBodies : MatmulBodies<L> {
  using F = typename L::F;
  using Base = MatmulBodies<L>;
  using Base::clear;
  using Base::kByLane;
  using Base::kLanes;
  using Base::kParts;
  using Base::W;

  // body(first) for queries in blocks that share what is loaded of K or V: body.template operator()<kQueries>(first).
  template <class Body>
  static void query_blocks(std::uint32_t queries, Body body) {
    std::uint32_t i = 0;
    for (; i + L::block_queries <= queries; i += L::block_queries) body.template operator()<L::block_queries>(i);
    for (; i < queries; ++i) body.template operator()<1>(i);
  }

  // body.template operator()<kTiles>(first) for tiles of 16 positions; more than one at a time only where every one of
  // them holds a position.
  template <std::uint32_t kTiles, class Body>
  static void position_tiles(std::uint32_t positions, Body body) {
    std::uint32_t p = 0;
    for (; p + (kTiles - 1) * 16 < positions; p += kTiles * 16) body.template operator()<kTiles>(p);
    for (; p < positions; p += 16) body.template operator()<1>(p);
  }

  template <std::uint32_t kQueries>
  static constexpr std::uint32_t score_tiles = kQueries == 1 ? L::streams : L::block_tiles;

  template <class Load>
  static void scores(const Scores &s) {
    query_blocks(s.queries, [&]<std::uint32_t kQueries>(std::uint32_t query) {
      position_tiles<score_tiles<kQueries>>(s.positions, [&]<std::uint32_t kTiles>(std::uint32_t first) {
        const auto *k = static_cast<const typename Load::T *>(s.k) + std::size_t{first} * s.head_dim;
        F acc[kTiles][kQueries][kParts];
        clear(acc);
        Base::template dot<Load, L::prefetch_floats && kQueries == 1>(
            k, std::size_t{s.head_dim} * 16, s.q + query * s.q_stride, s.q_stride, s.head_dim,
            kTiles * s.head_dim * 16 * sizeof(typename Load::T), acc);
#pragma GCC unroll 16
        for (std::uint32_t i = 0; i < kTiles * kParts; ++i) {
#pragma GCC unroll 16
          for (std::uint32_t v = 0; v < kQueries; ++v) {
            float *out = s.scores + (query + v) * s.score_stride + first + i * W;
            L::store(out, L::mul(acc[i / kParts][v][i % kParts], L::set(s.scale)));
          }
        }
      });
    });
  }

  // acc[q][i] = fma(weight of query q, v[i], acc[q][i]) at position p, with v some vectors of its channels.
  template <class Load, std::uint32_t kQueries, std::uint32_t kVectors>
  [[gnu::always_inline]] static void mix_position(const float *scales, const float *const *weights, std::uint32_t p,
                                                  const F (&v)[kVectors], F (*acc)[kVectors]) {
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      const F weight = L::set(Load::scaled ? weights[q][p] * scales[p] : weights[q][p]);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kVectors; ++i) acc[q][i] = L::fma(weight, v[i], acc[q][i]);
    }
  }

  // The same for positions p to p + W - 1, of which load_next(v) reads one after the other.
  template <class Load, std::uint32_t kQueries, std::uint32_t kVectors, class LoadNext, int... lane>
  [[gnu::always_inline]] static void mix_lanes(const float *scales, const float *const *weights, std::uint32_t p,
                                               LoadNext load_next, F (&acc)[kQueries][kVectors],
                                               std::integer_sequence<int, lane...>) {
    F w[kQueries];
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      w[q] = L::load(weights[q] + p);
      if constexpr (Load::scaled) w[q] = L::mul(w[q], L::load(scales + p));
    }
    const auto add = [&]<int i>(std::integral_constant<int, i>) {
      F v[kVectors];
      load_next(v);
#pragma GCC unroll 16
      for (std::uint32_t j = 0; j < kQueries * kVectors; ++j) {
        F &sum = acc[j / kVectors][j % kVectors];
        sum = L::template fma_lane<i>(v[j % kVectors], w[j / kVectors], sum);
      }
    };
    (add(std::integral_constant<int, lane>{}), ...);
  }

  // kVectors vectors of channels, of which load(row, v) reads those of a position and store(row, i, x) writes the i-th:
  // positions ascending; first those that all of the queries see, then what each sees beyond.
  template <class Load, std::uint32_t kQueries, std::uint32_t kVectors, class LoadV, class StoreOut>
  static void mix_channels(const Mix &m, std::uint32_t query, LoadV load, StoreOut store) {
    F acc[kQueries][kVectors];
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kQueries * kVectors; ++i) acc[i / kVectors][i % kVectors] = L::set(0.0f);
    const auto *row = static_cast<const typename Load::T *>(m.v);
    const float *weights[kQueries];
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) weights[q] = m.weights + (query + q) * m.weight_stride;
    const float *scales = m.v_scales;
    const std::uint32_t common = m.positions + query * m.step;
    const auto load_next = [&](F(&v)[kVectors]) {
      for (std::size_t at = 0; at < kVectors * W * sizeof(*row); at += 64) {
        Base::template prefetch<L::prefetch_floats && kQueries == 1>(row, 2048 + at);
      }
      load(row, v);
      row += m.head_dim;
    };
    std::uint32_t p = 0;
    if constexpr (kByLane) {
      for (; p + W <= common; p += W) mix_lanes<Load, kQueries>(scales, weights, p, load_next, acc, kLanes);
    }
    F v[kVectors];
    for (; p < common; ++p) {
      load_next(v);
      mix_position<Load, kQueries>(scales, weights, p, v, acc);
    }
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      const auto *beyond = row;
      for (p = common; p < common + q * m.step; ++p, beyond += m.head_dim) {
        load(beyond, v);
        mix_position<Load, 1>(scales, weights + q, p, v, acc + q);
      }
      const F inverse = L::set(m.inverse_sums[query + q]);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kVectors; ++i) {
        store(m.out + (query + q) * m.out_stride, i, L::mul(acc[q][i], inverse));
      }
    }
  }

  template <class Load>
  static void mix(const Mix &m) {
    query_blocks(m.queries, [&]<std::uint32_t kQueries>(std::uint32_t query) {
      std::uint32_t d = 0;
      using T = typename Load::T;
      const auto load = [&]<std::uint32_t n>(const T *row, F(&v)[n]) {
        if constexpr (n == Base::kParts) return Base::template load_line<Load>(row + d, v);
#pragma GCC unroll 16
        for (std::uint32_t i = 0; i < n; ++i) v[i] = Load::whole(row + d + i * W);
      };
      const auto store = [&](float *row, std::uint32_t i, F x) { L::store(row + d + i * W, x); };
      constexpr std::uint32_t kVectors = kQueries == 1 ? 4 : L::block_vectors;
      for (; d + kVectors * W <= m.head_dim; d += kVectors * W) {
        mix_channels<Load, kQueries, kVectors>(m, query, load, store);
      }
      for (; d + 2 * W <= m.head_dim; d += 2 * W) mix_channels<Load, kQueries, 2>(m, query, load, store);
      for (; d + W <= m.head_dim; d += W) mix_channels<Load, kQueries, 1>(m, query, load, store);
      if (d == m.head_dim) return;
      const std::uint32_t rest = m.head_dim - d;
      mix_channels<Load, kQueries, 1>(
          m, query, [&](const T *row, F(&v)[1]) { v[0] = Load::part(row + d, rest); },
          [&](float *row, std::uint32_t, F x) { L::store_part(row + d, x, rest); });
    });
  }
};

}  // namespace tidbit
