// Attention over one key-value head.
//
// Scores: K is stored in tiles of 16 positions, [channel][16 positions] (q8: words of 4 channels), so it is multiplied
// like a matrix whose rows are positions. Lanes are positions.
//
// Mix: V is [position][channel]. A position's channels are multiplied by its weight, which is broadcast. Lanes are
// channels, and positions ascend:
//
//   width 8   channels d of position p          weight of a query
//             | v[p][d] .. v[p][d + 7] |   *   | w[p] w[p] .. |    + sums of 8 channels
//
// Several queries share each load of K and V: as many as the registers allow.
#pragma once

#include "kernels/generic/float_products.h"
#include "kernels/generic/integer_products.h"

namespace tidbit {

// Calls body.template operator()<kQueries>(first) for queries that are computed together.
template <class L, class Body>
static void each_queries(std::uint32_t queries, Body body) {
  std::uint32_t i = 0;
  for (; i + L::tuning.queries <= queries; i += L::tuning.queries) body.template operator()<L::tuning.queries>(i);
  for (; i < queries; ++i) body.template operator()<1>(i);
}

// Calls body.template operator()<kTiles>(first) for tiles of 16 positions. Takes several tiles at a time only if each
// of them contains a position.
template <class L, std::uint32_t kQueries, class Body>
static void each_tiles(std::uint32_t positions, Body body) {
  constexpr std::uint32_t kTiles = kQueries == 1 ? L::tuning.streams : L::tuning.tiles, kRows = format::kTileRows;
  std::uint32_t p = 0;
  for (; p + (kTiles - 1) * kRows < positions; p += kTiles * kRows) body.template operator()<kTiles>(p);
  for (; p < positions; p += kRows) body.template operator()<1>(p);
}

template <ElementLanes L, class Load>
struct FloatScores {
  using Floats = typename L::Floats;
  using Element = typename Load::Element;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;

  static void scores(const Scores &s) {
    each_queries<L>(s.queries, [&]<std::uint32_t kQueries>(std::uint32_t query) {
      each_tiles<L, kQueries>(s.positions, [&]<std::uint32_t kTiles>(std::uint32_t first) {
        const auto *k = static_cast<const Element *>(s.k) + std::size_t{first} * s.head_dim;
        Floats sums[kTiles][kQueries][kRegisters];
        TileSums<L>::clear(sums);
        FloatDot<L, Load>::template dot<L::tuning.prefetch_floats && kQueries == 1>(
            k, std::size_t{s.head_dim} * format::kTileRows, s.q + query * s.q_stride, s.q_stride, s.head_dim,
            kTiles * s.head_dim * format::kTileRows * sizeof(Element), sums);
#pragma GCC unroll 16
        for (std::uint32_t i = 0; i < kTiles * kRegisters; ++i) {
#pragma GCC unroll 16
          for (std::uint32_t v = 0; v < kQueries; ++v) {
            float *out = s.scores + (query + v) * s.score_stride + first + i * L::width;
            L::store(out, L::mul(sums[i / kRegisters][v][i % kRegisters], L::set(s.scale)));
          }
        }
      });
    });
  }
};

template <class L>
struct IntegerScores {
  using Floats = typename L::Floats;
  using Sums = typename L::Sums;
  using Dot = IntegerDot<L>;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;

  // score = (float(sum) * (k_scale * q_scale)) * scale.
  template <std::uint32_t kTiles, std::uint32_t kQueries>
  static void store(const Scores &s, std::uint32_t first, std::uint32_t query,
                    const Sums (&sums)[kTiles][kQueries][kRegisters]) {
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kTiles * kRegisters; ++i) {
      const Floats k_scale = L::load(s.k_scales + first + i * L::width);
#pragma GCC unroll 16
      for (std::uint32_t v = 0; v < kQueries; ++v) {
        const Floats both = L::mul(k_scale, L::set(s.codes.scales[(query + v) * s.codes.group_stride]));
        const Floats score = L::mul(L::to_float(sums[i / kRegisters][v][i % kRegisters]), both);
        L::store(s.scores + (query + v) * s.score_stride + first + i * L::width, L::mul(score, L::set(s.scale)));
      }
    }
  }

  static void scores(const Scores &s) {
    const std::uint32_t words = (s.head_dim + 3) / 4;
    const QuantizedRows &q = s.codes;
    each_queries<L>(s.queries, [&]<std::uint32_t kQueries>(std::uint32_t query) {
      each_tiles<L, kQueries>(s.positions, [&]<std::uint32_t kTiles>(std::uint32_t first) {
        const auto *k = static_cast<const std::int8_t *>(s.k) + std::size_t{first} * words * 4;
        Sums sums[kTiles][kQueries][kRegisters];
        Dot::start(q.sums + query * q.sum_stride(), q.sum_stride(), Dot::pair_count(s.head_dim), sums);
        Cursor<kTiles> cursor(k, std::size_t{words} * 64, q.codes + query * q.code_stride, q.code_stride);
        Dot::dot(cursor, words, sums);
        store(s, first, query, sums);
      });
    });
  }
};

template <ElementLanes L, class Load>
struct ValueMix {
  using Floats = typename L::Floats;
  using Element = typename Load::Element;
  using Dot = FloatDot<L, Load>;

  // sums[q][i] = fma(weight of query q, v[i], sums[q][i]) at position p; v are some registers of its channels.
  template <std::uint32_t kQueries, std::uint32_t kValues>
  [[gnu::always_inline]] static void add_position(const float *scales, const float *const *weights, std::uint32_t p,
                                                  const Floats (&v)[kValues], Floats (*sums)[kValues]) {
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      const Floats weight = L::set(Load::scaled ? weights[q][p] * scales[p] : weights[q][p]);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kValues; ++i) sums[q][i] = L::fma(weight, v[i], sums[q][i]);
    }
  }

  // The same for positions [p, p + width). load_next(v) reads one position after another.
  template <std::uint32_t kQueries, std::uint32_t kValues, class LoadNext, std::uint32_t... lane>
  [[gnu::always_inline]] static void add_positions(const float *scales, const float *const *weights, std::uint32_t p,
                                                   LoadNext load_next, Floats (&sums)[kQueries][kValues],
                                                   Indices<lane...>) {
    Floats w[kQueries];
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      w[q] = L::load(weights[q] + p);
      if constexpr (Load::scaled) w[q] = L::mul(w[q], L::load(scales + p));
    }
    const auto add = [&]<std::uint32_t i>(Indices<i>) {
      Floats v[kValues];
      load_next(v);
#pragma GCC unroll 16
      for (std::uint32_t j = 0; j < kQueries * kValues; ++j) {
        Floats &sum = sums[j / kValues][j % kValues];
        sum = L::template fma_lane<i>(v[j % kValues], w[j / kValues], sum);
      }
    };
    (add(Indices<lane>{}), ...);
  }

  // Computes kValues registers of channels. load(row, v) reads them for one position; store(row, i, x) writes the i-th
  // result. Positions ascend: first those that all of the queries see, then the further ones that each query sees.
  template <std::uint32_t kQueries, std::uint32_t kValues, class LoadV, class StoreOut>
  static void channels(const Mix &m, std::uint32_t query, LoadV load, StoreOut store) {
    Floats sums[kQueries][kValues];
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kQueries * kValues; ++i) sums[i / kValues][i % kValues] = L::set(0.0f);
    const auto *row = static_cast<const Element *>(m.v);
    const float *weights[kQueries];
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) weights[q] = m.weights + (query + q) * m.weight_stride;
    const float *scales = m.v_scales;
    const std::uint32_t common = m.positions + query * m.step;
    const auto load_next = [&](Floats(&v)[kValues]) {
      for (std::size_t at = 0; at < kValues * L::width * sizeof(*row); at += 64) {
        prefetch<L::tuning.prefetch_floats && kQueries == 1>(row, 2048 + at);
      }
      load(row, v);
      row += m.head_dim;
    };
    std::uint32_t p = 0;
    if constexpr (Dot::kByLane) {
      for (; p + L::width <= common; p += L::width) {
        add_positions<kQueries>(scales, weights, p, load_next, sums, IndicesTo<L::width>{});
      }
    }
    Floats v[kValues];
    for (; p < common; ++p) {
      load_next(v);
      add_position<kQueries>(scales, weights, p, v, sums);
    }
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      const auto *beyond = row;
      for (p = common; p < common + q * m.step; ++p, beyond += m.head_dim) {
        load(beyond, v);
        add_position<1>(scales, weights + q, p, v, sums + q);
      }
      const Floats inverse = L::set(m.inverse_sums[query + q]);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kValues; ++i) {
        store(m.out + (query + q) * m.out_stride, i, L::mul(sums[q][i], inverse));
      }
    }
  }

  // The positions [begin, end) for some queries, up to the wrap and from there on.
  template <std::uint32_t kQueries, std::uint32_t kValues, class LoadV>
  [[gnu::noinline]] static void add_range(const Mix &m, std::uint32_t query, std::uint32_t begin, std::uint32_t end,
                                          LoadV load, Floats (*sums)[kValues]) {
    Floats own[kQueries][kValues];  // in registers
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kQueries * kValues; ++i)
      own[i / kValues][i % kValues] = sums[i / kValues][i % kValues];
    while (begin < end) {
      const bool wrapped = begin >= m.wrap;
      const std::uint32_t first = wrapped ? m.wrap : 0, stop = !wrapped && m.wrap < end ? m.wrap : end;
      const auto *row = static_cast<const Element *>(wrapped ? m.wrapped_v : m.v);
      const float *scales = wrapped ? m.wrapped_scales : m.v_scales, *weights[kQueries];
#pragma GCC unroll 16
      for (std::uint32_t q = 0; q < kQueries; ++q) weights[q] = m.weights + (query + q) * m.weight_stride + first;
      row += std::size_t{begin - first} * m.head_dim;
      const auto load_next = [&](Floats(&v)[kValues]) {
        load(row, v);
        row += m.head_dim;
      };
      std::uint32_t p = begin - first;
      if constexpr (Dot::kByLane) {
        for (; p + L::width <= stop - first; p += L::width) {
          add_positions<kQueries>(scales, weights, p, load_next, own, IndicesTo<L::width>{});
        }
      }
      for (; p < stop - first; ++p) {
        Floats v[kValues];
        load_next(v);
        add_position<kQueries>(scales, weights, p, v, own);
      }
      begin = stop;
    }
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kQueries * kValues; ++i)
      sums[i / kValues][i % kValues] = own[i / kValues][i % kValues];
  }

  // Positions ascend for each query: those in front of what all of the queries see, those that all see, the rest.
  template <std::uint32_t kQueries, std::uint32_t kValues, class LoadV, class StoreOut>
  static void window_channels(const Mix &m, std::uint32_t query, LoadV load, StoreOut store) {
    Floats sums[kQueries][kValues];
    for (std::uint32_t i = 0; i < kQueries * kValues; ++i) sums[i / kValues][i % kValues] = L::set(0.0f);
    const std::uint32_t begin = m.begins[query + kQueries - 1], first_end = m.positions + query * m.step;
    const std::uint32_t common = first_end < begin ? begin : first_end;
    for (std::uint32_t q = 0; q + 1 < kQueries; ++q) {
      const std::uint32_t end = first_end + q * m.step;
      add_range<1>(m, query + q, m.begins[query + q], begin < end ? begin : end, load, sums + q);
    }
    add_range<kQueries>(m, query, begin, common, load, sums);
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      add_range<1>(m, query + q, common, first_end + q * m.step, load, sums + q);
      const Floats inverse = L::set(m.inverse_sums[query + q]);
      for (std::uint32_t i = 0; i < kValues; ++i) {
        store(m.out + (query + q) * m.out_stride, i, L::mul(sums[q][i], inverse));
      }
    }
  }

  template <bool kWindow, std::uint32_t kQueries, std::uint32_t kValues, class LoadV, class StoreOut>
  static void either(const Mix &m, std::uint32_t query, LoadV load, StoreOut store) {
    if constexpr (kWindow) {
      window_channels<kQueries, kValues>(m, query, load, store);
    } else {
      channels<kQueries, kValues>(m, query, load, store);
    }
  }

  static void mix(const Mix &m) {
    if (features::has(features::LayerPart::window) && m.begins != nullptr) return mix_of<true>(m);
    mix_of<false>(m);
  }

 private:
  template <bool kWindow>
  static void mix_of(const Mix &m) {
    each_queries<L>(m.queries, [&]<std::uint32_t kQueries>(std::uint32_t query) {
      std::uint32_t d = 0;
      const auto load = [&]<std::uint32_t n>(const Element *row, Floats(&v)[n]) {
        if constexpr (n == kTileRegisters<L>) return Dot::load_column(row + d, v);
#pragma GCC unroll 16
        for (std::uint32_t i = 0; i < n; ++i) v[i] = Load::whole(row + d + i * L::width);
      };
      const auto store = [&](float *row, std::uint32_t i, Floats x) { L::store(row + d + i * L::width, x); };
      constexpr std::uint32_t kValues = kQueries == 1 ? 4 : L::tuning.value_registers;
      for (; d + kValues * L::width <= m.head_dim; d += kValues * L::width) {
        either<kWindow, kQueries, kValues>(m, query, load, store);
      }
      for (; d + 2 * L::width <= m.head_dim; d += 2 * L::width) either<kWindow, kQueries, 2>(m, query, load, store);
      for (; d + L::width <= m.head_dim; d += L::width) either<kWindow, kQueries, 1>(m, query, load, store);
      if (d == m.head_dim) return;
      const std::uint32_t rest = m.head_dim - d;
      either<kWindow, kQueries, 1>(
          m, query, [&](const Element *row, Floats(&v)[1]) { v[0] = Load::part(row + d, rest); },
          [&](float *row, std::uint32_t, Floats x) { L::store_part(row + d, x, rest); });
    });
  }
};

}  // namespace tidbit
