// The int8 kernels over a type of lanes (int4_bodies.h adds those of q4). Within a group the sum is an exact int32, so
// that its order is free; across groups each row has one float accumulator.
//
// Beside what float_bodies.h asks for, a lanes type has: larger(a, b), the larger of the magnitude a and that of b, as
// unsigned bits; I, a vector of L::width int32, and C, `step` words of 4 consecutive codes of a row in each
// lane, of which load_codes(p, words, c) prepares those of 16 rows, reading at most `words`, and moves p on;
// start(sum), the first value of a dot product with codes that add up to `sum` (a correction where the instruction
// wants unsigned codes, else 0); X, `turn` words of 4 int8 of a vector, from load_x(p), which may read up to 16 bytes;
// dot4<i>(acc, w, x), which adds to each lane the products of its codes with words [i step, (i + 1) step) of x;
// to_float(I); codes(x, n, inverse, out), which writes n codes and returns their sum; prefetch_q8; and perhaps
// dot_turns(), which takes the place of dot4 for more than one vector. Instead of C, X and dot4 a type may have
// dot_rows(w, x, words, sums), which computes the sums of 16 rows in an order of its own.
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
        n, [&](std::size_t i) { best = L::larger(best, L::load(x + i)); },
        [&](std::size_t i, std::uint32_t rest) { best = L::larger(best, L::load_part(x + i, rest)); });
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

  // Where the next codes of some tiles and of the first of some vectors, x_stride apart, are read.
  template <std::uint32_t kTiles>
  struct Codes {
    const std::int8_t *lines[kTiles], *x;
    std::size_t x_stride, ahead = kAhead;  // from a line to the one to ask for

    // More than a page, so that its address is looked up in time; not much more: what the last tiles of a share ask for
    // is not theirs.
    static constexpr std::size_t kAhead = 5120;

    Codes(const std::int8_t *w, std::size_t tile_stride, const std::int8_t *first, std::size_t stride)
        : x(first), x_stride(stride) {
#pragma GCC unroll 16
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) lines[tile] = w + tile * tile_stride;
    }

    // After the `left` bytes of a tile comes what follows the last of these tiles.
    [[gnu::always_inline]] void look_ahead(std::size_t left, std::size_t tile_stride) {
      ahead = left > kAhead ? kAhead : kAhead + (kTiles - 1) * tile_stride;
    }
  };

  // Step i of a turn: the codes of a tile's 16 rows with one vector.
  template <std::uint32_t i, class C>
  [[gnu::always_inline]] static void dot_line(const C (&line)[kParts], const std::int8_t *x, I (&acc)[kParts]) {
#pragma GCC unroll 16
    for (std::uint32_t j = 0; j < kParts; ++j) acc[j] = L::template dot4<i>(acc[j], line[j], L::load_x(x));
  }

  // Each tile with each vector, over at most `words` words; moves on to the next lines of each tile. A line is loaded
  // once; with one vector its registers are free again before the next one is loaded.
  template <std::uint32_t i, std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot_step(Codes<kTiles> &c, std::uint32_t words,
                                              I (&acc)[kTiles][kVectors][kParts]) {
    typename L::C lines[kTiles][kParts];
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      FloatBodies<L>::template prefetch<L::prefetch_q8 && kVectors == 1>(c.lines[tile], c.ahead);
      L::load_codes(c.lines[tile], words, lines[tile]);
      if (kVectors == 1) dot_line<i>(lines[tile], c.x, acc[tile][0]);
    }
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kVectors && kVectors != 1; ++v) {
#pragma GCC unroll 16
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) dot_line<i>(lines[tile], c.x + v * c.x_stride, acc[tile][v]);
    }
  }

  // The first `words` words of a turn.
  template <std::uint32_t kTiles, std::uint32_t kVectors, std::uint32_t... i>
  [[gnu::always_inline]] static void dot_turn(Codes<kTiles> &c, std::uint32_t words, I (&acc)[kTiles][kVectors][kParts],
                                              std::integer_sequence<std::uint32_t, i...>) {
    ((i * L::step < words ? dot_step<i>(c, words - i * L::step, acc) : void()), ...);
  }

  // Integer sums over the next `words` words, some at a turn: compilers copy every sum at the turn of a loop.
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot_codes(Codes<kTiles> &c, std::uint32_t words,
                                               I (&acc)[kTiles][kVectors][kParts]) {
    if constexpr (requires { &L::dot_rows; }) {
      static_assert(kTiles == 1 && kVectors == 1);
      L::dot_rows(c.lines[0], c.x, words, acc[0][0]);
      c.lines[0] += std::size_t{words} * 64;
      c.x += std::size_t{words} * 4;
    } else {
      constexpr std::make_integer_sequence<std::uint32_t, L::turn / L::step> kTurn;
      if constexpr (kTiles == 1 && kVectors % 2 == 0 &&
                    requires { L::dot_turns(c.lines[0], c.x, c.x_stride, words, acc[0]); }) {
        words = L::dot_turns(c.lines[0], c.x, c.x_stride, words, acc[0]);
      }
      for (; words >= L::turn; words -= L::turn, c.x += L::turn * 4) {
        dot_turn(c, L::turn, acc, kTurn);
      }
      if (words == 0) return;
      dot_turn(c, words, acc, kTurn);
      c.x += words * 4;
    }
  }

  // The accumulators of a group whose activations add up to the sums of `pairs` pairs of blocks.
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  static void start(const CodeSums *sums, std::size_t stride, std::uint32_t pairs, I (&acc)[kTiles][kVectors][kParts]) {
    if constexpr (requires { &L::dot_rows; }) return;
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kVectors; ++v) {
      std::int32_t sum = 0;
      for (std::uint32_t p = 0; p < pairs; ++p) sum += sums[v * stride + p].sum[0] + sums[v * stride + p].sum[1];
#pragma GCC unroll 16
      for (std::uint32_t j = 0; j < kTiles * kParts; ++j) acc[j / kParts][v][j % kParts] = L::start(sum);
    }
  }

  static std::uint32_t pair_count(std::uint32_t codes) { return (codes + format::kPair - 1) / format::kPair; }

  using Place = typename FloatBodies<L>::Place;

  static std::uint32_t whole_groups(const Matmul &m, std::uint32_t columns) {
    return columns < m.group ? m.group : columns / m.group * m.group;
  }

  struct CodeBlock {
    static std::uint32_t column_step(const Matmul &m) { return whole_groups(m, 1024); }
    static std::uint64_t tile_bytes(const Matmul &m) {
      return format::q8_tile_bytes(format::Layout::tile16, m.cols, m.group);
    }
    static std::uint64_t row_bytes(const Matmul &m) { return m.cols; }

    template <std::uint32_t kTiles, std::uint32_t kTokens>
    static void run(const Matmul &m, Place at) {
      const auto stride = static_cast<std::size_t>(format::q8_tile_bytes(format::Layout::tile16, m.cols, m.group));
      const std::byte *w = m.weights + at.tile * stride;
      const auto *w_codes = reinterpret_cast<const std::int8_t *>(w + format::q8_scale_bytes(m.cols, m.group));
      Codes<kTiles> codes(w_codes + std::size_t{at.begin} * 16, stride,
                          m.q.codes + at.token * m.q.code_stride + at.begin, m.q.code_stride);
      const CodeSums *x_sums = m.q.sums + at.token * m.q.sum_stride();
      F acc[kTiles][kTokens][kParts];
      FloatBodies<L>::get_rows(m, at, acc);
      const std::uint32_t groups = (at.end - at.begin + m.group - 1) / m.group;
      std::uint32_t g = at.begin / m.group;
      for (std::uint32_t k = at.begin; k < at.end; k += m.group, ++g) {
        const std::uint32_t count = m.cols - k < m.group ? m.cols - k : m.group;
        FloatBodies<L>::template prefetch_rows<kTiles, kTokens>(m, at, g, groups);
        if (L::prefetch_q8 && kTokens == 1) codes.look_ahead(std::size_t{m.cols - k} * 16, stride);
        I sums[kTiles][kTokens][kParts];
        start(x_sums + k / format::kPair, m.q.sum_stride(), pair_count(count), sums);
        dot_codes(codes, (count + 3) / 4, sums);
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
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kTiles * kParts; ++i) {
      const F k_scale = L::load(s.k_scales + first + i * W);
#pragma GCC unroll 16
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
        Codes<kTiles> codes(k, std::size_t{words} * 64, q.codes + query * q.code_stride, q.code_stride);
        dot_codes(codes, words, sums);
        put_scores(s, first, query, sums);
      });
    });
  }
};

}  // namespace tidbit
