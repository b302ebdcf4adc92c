// The int8 kernels over a type of lanes (int4_bodies.h adds those of q4). Within a group the sum is an exact int32, so
// that its order is free; across groups each row has one float accumulator.
//
// Beside what float_bodies.h asks for, a lanes type has: larger(a, b), the larger magnitude of a >= +0 and b as
// unsigned bits; I, a vector of L::width int32, and C, the 4 consecutive codes of a row in each lane, of which
// load_codes(p, c) prepares those of 16 rows; start(sum), the first value of a dot product with codes that add up to
// `sum` (a correction where the instruction wants unsigned codes, else 0); X, `turn` words of 4 int8 of a vector, from
// load_x(p), which may read up to 16 bytes; dot4<i>(acc, w, x), which adds to each lane the products of its codes with
// word i of x; to_float(I); and codes(x, n, inverse, out), which writes n codes and returns their sum. Instead of C, X
// and dot4 a type may have dot_rows(w, x, words, sums), which computes the sums of 16 rows in an order of its own.
#pragma once

#include <cstring>
#include <utility>

#include "kernels/float_bodies.h"

namespace tidbit {

static inline std::uint32_t load_word(const std::int8_t *codes) {
  std::uint32_t word;
  __builtin_memcpy(&word, codes, 4);
  return word;
}

// The code of x is the product, rounded, rounded to an integer, nearest even: what kRoundMagic leaves in the low bits.
// The sum takes the magic number's bits along, n times, and loses them at the end.
static inline std::int32_t codes_one_by_one(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
  std::uint32_t sum = 0;
#pragma GCC unroll 4
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t bits = float_bits(x[i] * inverse + kRoundMagic);
    out[i] = static_cast<std::int8_t>(static_cast<std::uint8_t>(bits));
    sum += bits;
  }
  return static_cast<std::int32_t>(sum - n * kRoundMagicBits);
}
static_assert((kRoundMagicBits & 0xFF) == 0);

template <class L>
struct QuantBodies : FloatBodies<L> {
  using F = typename L::F;
  using I = typename L::I;
  using FloatBodies<L>::W;
  using FloatBodies<L>::kParts;

  // Largest magnitude as bits: a total order in which NaN is above infinity.
  static float largest(const float *x, std::uint32_t n) {
    F best = L::set(0.0f);
    FloatBodies<L>::blocks(
        n, [&](std::uint32_t i) { best = L::larger(best, L::load(x + i)); },
        [&](std::uint32_t i, std::uint32_t rest) { best = L::larger(best, L::load_part(x + i, rest)); });
    float lanes[W];
    L::store(lanes, best);
    std::uint32_t highest = 0;
    for (const float lane : lanes) highest = float_bits(lane) > highest ? float_bits(lane) : highest;
    return bits_float(highest);
  }

  // One group of whole pairs of blocks. Below 2^-100 everything is 0; what is not finite, or so large that a scale
  // could overflow, gives a NaN scale, so that it is seen in the logits.
  static void quantize_group(const float *x, std::uint32_t n, std::int8_t *codes, float *scale, CodeSums *sums) {
    const float highest = largest(x, n);
    const bool sound = highest >= 0x1p-100f && highest <= 0x1p+120f;
    *scale = sound ? highest / 127.0f : highest < 0x1p-100f ? 0.0f : bits_float(0x7FC00000);
    const float inverse = sound ? 127.0f / highest : 0.0f;
    for (std::uint32_t i = 0; i < n; i += format::kPair) {
      CodeSums &pair = sums[i / format::kPair];
      for (std::uint32_t half = 0; half < 2; ++half) {
        const std::uint32_t at = i + half * format::kBlock;
        const std::uint32_t left = at < n ? n - at : 0, count = left < format::kBlock ? left : format::kBlock;
        if (!sound) std::memset(codes + at, 0, count);
        const std::int32_t sum = sound && count > 0 ? L::codes(x + at, count, inverse, codes + at) : 0;
        pair.sum[half] = static_cast<std::int16_t>(sum);
        pair.start[half] = -format::kQ4Zero * sum;
      }
    }
  }

  static void quantize(const float *x, std::uint32_t n, std::uint32_t group, std::int8_t *codes, float *scales,
                       CodeSums *sums) {
    std::uint32_t g = 0;
    for (std::uint32_t i = 0; i < n; i += group, ++g) {
      quantize_group(x + i, n - i < group ? n - i : group, codes + i, scales + g, sums + i / format::kPair);
    }
    std::memset(codes + n, 0, static_cast<std::size_t>(format::round_up(n, format::kPair) - n));
  }

  // Word i of a turn: 4 codes of 16 rows of each tile with each vector.
  template <std::uint32_t i, std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot_word(const std::int8_t *w, std::size_t tile_stride, const std::int8_t *x,
                                              std::size_t x_stride, I (&acc)[kTiles][kVectors][kParts]) {
    typename L::C weights[kTiles][kParts];
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) L::load_codes(w + tile * tile_stride + i * 64, weights[tile]);
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kVectors; ++v) {
#pragma GCC unroll 16
      for (std::uint32_t j = 0; j < kTiles * kParts; ++j) {
        I &sum = acc[j / kParts][v][j % kParts];
        sum = L::template dot4<i>(sum, weights[j / kParts][j % kParts], L::load_x(x + v * x_stride));
      }
    }
  }

  // The first `words` words of a turn.
  template <std::uint32_t kTiles, std::uint32_t kVectors, std::uint32_t... i>
  [[gnu::always_inline]] static void dot_turn(const std::int8_t *w, std::size_t tile_stride, const std::int8_t *x,
                                              std::size_t x_stride, std::uint32_t words,
                                              I (&acc)[kTiles][kVectors][kParts],
                                              std::integer_sequence<std::uint32_t, i...>) {
    ((i < words ? dot_word<i>(w, tile_stride, x, x_stride, acc) : void()), ...);
  }

  // Integer sums over `words` words, some at a turn: compilers copy every sum at the turn of a loop.
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot_codes(const std::int8_t *w, std::size_t tile_stride, const std::int8_t *x,
                                               std::size_t x_stride, std::uint32_t words,
                                               I (&acc)[kTiles][kVectors][kParts]) {
    if constexpr (requires { &L::dot_rows; }) {
      for (std::uint32_t i = 0; i < kTiles * kVectors; ++i) {
        const std::uint32_t tile = i / kVectors, v = i % kVectors;
        L::dot_rows(w + tile * tile_stride, x + v * x_stride, words, acc[tile][v]);
      }
    } else {
      constexpr std::make_integer_sequence<std::uint32_t, L::turn> kTurn;
      std::uint32_t k = 0;
      for (; k + L::turn <= words; k += L::turn) {
        dot_turn(w + k * 64, tile_stride, x + k * 4, x_stride, L::turn, acc, kTurn);
      }
      if (k < words) dot_turn(w + k * 64, tile_stride, x + k * 4, x_stride, words - k, acc, kTurn);
    }
  }

  // The accumulators of a group whose activations add up to the sums of `pairs` pairs of blocks.
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  static void start(const CodeSums *sums, std::size_t stride, std::uint32_t pairs, I (&acc)[kTiles][kVectors][kParts]) {
    if constexpr (requires { &L::dot_rows; }) return;
    for (std::uint32_t v = 0; v < kVectors; ++v) {
      std::int32_t sum = 0;
      for (std::uint32_t p = 0; p < pairs; ++p) sum += sums[v * stride + p].sum[0] + sums[v * stride + p].sum[1];
      for (auto &tile : acc) {
        for (I &a : tile[v]) a = L::start(sum);
      }
    }
  }

  static std::uint32_t pair_count(std::uint32_t codes) { return (codes + format::kPair - 1) / format::kPair; }

  using Place = typename FloatBodies<L>::Place;

  static std::uint32_t whole_groups(const Matmul &m, std::uint32_t columns) {
    return columns < m.group ? m.group : columns / m.group * m.group;
  }

  struct CodeBlock {
    static std::uint32_t column_step(const Matmul &m) { return whole_groups(m, 1024); }

    template <std::uint32_t kTiles, std::uint32_t kTokens>
    static void run(const Matmul &m, Place at) {
      const auto stride = static_cast<std::size_t>(format::q8_tile_bytes(m.cols, m.group));
      const std::byte *w = m.weights + at.tile * stride;
      const auto *w_codes = reinterpret_cast<const std::int8_t *>(w + format::q8_scale_bytes(m.cols, m.group));
      const std::int8_t *x_codes = m.q.codes + at.token * m.q.code_stride;
      const CodeSums *x_sums = m.q.sums + at.token * m.q.sum_stride();
      F acc[kTiles][kTokens][kParts];
      FloatBodies<L>::get_rows(m, at, acc);
      const std::uint32_t groups = (at.end - at.begin + m.group - 1) / m.group;
      std::uint32_t g = at.begin / m.group;
      for (std::uint32_t k = at.begin; k < at.end; k += m.group, ++g) {
        const std::uint32_t count = m.cols - k < m.group ? m.cols - k : m.group;
        FloatBodies<L>::template prefetch_rows<kTiles, kTokens>(m, at, g, groups);
        I sums[kTiles][kTokens][kParts];
        start(x_sums + k / format::kPair, m.q.sum_stride(), pair_count(count), sums);
        dot_codes(w_codes + std::size_t{k} * 16, stride, x_codes + k, m.q.code_stride, (count + 3) / 4, sums);
        add_group(w + g * 32, stride, m.q.scales + at.token * m.q.group_stride + g, m.q.group_stride, sums, acc);
      }
      FloatBodies<L>::put_rows(m, at, acc);
    }
  };

  // acc = fma(float(isum), w_scale * x_scale, acc).
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  static void add_group(const std::byte *w_scales, std::size_t tile_stride, const float *x_scales,
                        std::size_t token_stride, const I (&sums)[kTiles][kTokens][kParts],
                        F (&acc)[kTiles][kTokens][kParts]) {
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kTiles * kParts; ++i) {
      const std::uint32_t tile = i / kParts, part = i % kParts;
      const F w_scale = L::load_f16(reinterpret_cast<const std::uint16_t *>(w_scales + tile * tile_stride) + part * W);
#pragma GCC unroll 16
      for (std::uint32_t t = 0; t < kTokens; ++t) {
        const F scale = L::mul(w_scale, L::set(x_scales[t * token_stride]));
        acc[tile][t][part] = L::fma(L::to_float(sums[tile][t][part]), scale, acc[tile][t][part]);
      }
    }
  }

  // score = (float(isum) * (k_scale * q_scale)) * scale.
  template <std::uint32_t kTiles, std::uint32_t kQueries>
  static void put_scores(const Scores &s, std::uint32_t first, std::uint32_t query,
                         const I (&sums)[kTiles][kQueries][kParts]) {
    for (std::uint32_t i = 0; i < kTiles * kParts; ++i) {
      const F k_scale = L::load(s.k_scales + first + i * W);
      for (std::uint32_t v = 0; v < kQueries; ++v) {
        const F both = L::mul(k_scale, L::set(s.codes.scales[(query + v) * s.codes.group_stride]));
        const F score = L::mul(L::to_float(sums[i / kParts][v][i % kParts]), both);
        L::store(s.scores + (query + v) * s.score_stride + first + i * W, L::mul(score, L::set(s.scale)));
      }
    }
  }

  static void scores_q8(const Scores &s) {
    const std::uint32_t words = (s.head_dim + 3) / 4;
    const QuantizedRows &q = s.codes;
    FloatBodies<L>::query_blocks(s.queries, [&]<std::uint32_t kQueries>(std::uint32_t query) {
      constexpr std::uint32_t kMost = FloatBodies<L>::template score_tiles<kQueries>;
      FloatBodies<L>::template position_tiles<kMost>(s.positions, [&]<std::uint32_t kTiles>(std::uint32_t first) {
        const auto *k = static_cast<const std::int8_t *>(s.k) + std::size_t{first} * words * 4;
        I sums[kTiles][kQueries][kParts];
        start(q.sums + query * q.sum_stride(), q.sum_stride(), pair_count(s.head_dim), sums);
        dot_codes(k, std::size_t{words} * 64, q.codes + query * q.code_stride, q.code_stride, words, sums);
        put_scores(s, first, query, sums);
      });
    });
  }
};

}  // namespace tidbit
