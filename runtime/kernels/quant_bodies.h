// The int8 kernels over a type of lanes. Within a group the sum is an exact int32, so that its order is free; across
// groups each row has one float accumulator.
//
// Beside what float_bodies.h asks for, a lanes type has: larger(a, b), the larger magnitude of a and b as unsigned
// bits; I, a vector of L::width int32, and C, the 4 consecutive codes of a row in each lane, as load_codes(p) prepares
// them; start(sum), the first value of a dot product with codes that add up to `sum` (a correction where the
// instruction wants unsigned codes, else 0); dot4(acc, w, x4), which adds to each lane the products of its codes with
// the 4 int8 in the word x4; to_float(I); and codes(x, n, inverse, out), which writes n codes and returns their sum.
#pragma once

#include <cstring>

#include "kernels/float_bodies.h"

namespace tidbit {

static inline std::uint32_t load_word(const std::int8_t *codes) {
  std::uint32_t word;
  __builtin_memcpy(&word, codes, 4);
  return word;
}

// The code of x: the product, rounded, rounded to an integer, nearest even.
static inline std::int8_t code_of(float x, float inverse) {
  const std::uint32_t integer = float_bits(x * inverse + kRoundMagic) - kRoundMagicBits;
  return static_cast<std::int8_t>(static_cast<std::uint8_t>(integer));
}

static inline std::int32_t codes_one_by_one(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
  std::int32_t sum = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    out[i] = code_of(x[i], inverse);
    sum += out[i];
  }
  return sum;
}

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

  // One group. Below 2^-100 everything is 0; what is not finite, or so large that a scale could overflow,
  // gives a NaN scale, so that it is seen in the logits.
  static void quantize_group(const float *x, std::uint32_t n, std::int8_t *codes, float *scale, std::int32_t *sum) {
    const float highest = largest(x, n);
    if (highest >= 0x1p-100f && highest <= 0x1p+120f) {
      *scale = highest / 127.0f;
      *sum = L::codes(x, n, 127.0f / highest, codes);
      return;
    }
    std::memset(codes, 0, n);
    *scale = highest < 0x1p-100f ? 0.0f : bits_float(0x7FC00000);
    *sum = 0;
  }

  static void quantize(const float *x, std::uint32_t n, std::uint32_t group, std::int8_t *codes, float *scales,
                       std::int32_t *sums) {
    std::uint32_t g = 0;
    for (std::uint32_t i = 0; i < n; i += group, ++g) {
      quantize_group(x + i, n - i < group ? n - i : group, codes + i, scales + g, sums + g);
    }
    std::memset(codes + n, 0, format::round_up(n, 64) - n);
  }

  // Integer sums of 16 rows of each tile with each vector, over `words` words of 4 codes.
  template <std::uint32_t kTiles, std::uint32_t kVectors>
  static void dot_codes(const std::int8_t *w, std::size_t tile_stride, const std::int8_t *x, std::size_t x_stride,
                        std::uint32_t words, I (&acc)[kTiles][kVectors][kParts]) {
    for (std::uint32_t k = 0; k < words; ++k) {
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kTiles * kParts; ++i) {
        const std::uint32_t tile = i / kParts, part = i % kParts;
        const auto weights = L::load_codes(w + tile * tile_stride + k * 64 + part * W * 4);
#pragma GCC unroll 16
        for (std::uint32_t v = 0; v < kVectors; ++v) {
          acc[tile][v][part] = L::dot4(acc[tile][v][part], weights, load_word(x + v * x_stride + k * 4));
        }
      }
    }
  }

  template <std::uint32_t kTiles, std::uint32_t kVectors>
  static void start(const std::int32_t *code_sums, std::size_t stride, I (&acc)[kTiles][kVectors][kParts]) {
    for (auto &tile : acc) {
      for (std::uint32_t v = 0; v < kVectors; ++v) {
        for (I &a : tile[v]) a = L::start(code_sums[v * stride]);
      }
    }
  }

  struct CodeBlock {
    template <std::uint32_t kTiles, std::uint32_t kTokens>
    static void run(const Matmul &m, std::uint32_t tile, std::uint32_t token) {
      const std::size_t stride = format::q8_tile_bytes(m.cols, m.group);
      const std::byte *w = m.weights + tile * stride;
      const auto *w_codes = reinterpret_cast<const std::int8_t *>(w + format::q8_scale_bytes(m.cols, m.group));
      const std::int8_t *x_codes = m.q.codes + token * m.q.code_stride;
      F acc[kTiles][kTokens][kParts];
      FloatBodies<L>::clear(acc);
      std::uint32_t g = 0;
      for (std::uint32_t k = 0; k < m.cols; k += m.group, ++g) {
        const std::uint32_t count = m.cols - k < m.group ? m.cols - k : m.group;
        const std::size_t at = token * m.q.group_stride + g;
        I sums[kTiles][kTokens][kParts];
        start(m.q.sums + at, m.q.group_stride, sums);
        dot_codes(w_codes + std::size_t{k} * 16, stride, x_codes + k, m.q.code_stride, (count + 3) / 4, sums);
        add_group(w + g * 32, stride, m.q.scales + at, m.q.group_stride, sums, acc);
      }
      FloatBodies<L>::put_rows(m, tile, token, acc);
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
  template <std::uint32_t kTiles>
  static void score_code_tiles(const Scores &s, std::uint32_t first) {
    const std::uint32_t words = (s.head_dim + 3) / 4;
    const auto *codes = static_cast<const std::int8_t *>(s.k) + std::size_t{first} * words * 4;
    I sums[kTiles][1][kParts];
    start(&s.q_sum, 0, sums);
    dot_codes(codes, std::size_t{words} * 64, s.q_codes, 0, words, sums);
    for (std::uint32_t i = 0; i < kTiles * kParts; ++i) {
      const F both = L::mul(L::load(s.k_scales + first + i * W), L::set(s.q_scale));
      const F score = L::mul(L::to_float(sums[i / kParts][0][i % kParts]), both);
      L::store(s.scores + first + i * W, L::mul(score, L::set(s.scale)));
    }
  }

  static void scores_q8(const Scores &s) {
    std::uint32_t first = 0;
    for (; first + (L::tile_block - 1) * 16 < s.positions; first += L::tile_block * 16) {
      score_code_tiles<L::tile_block>(s, first);
    }
    for (; first < s.positions; first += 16) score_code_tiles<1>(s, first);
  }
};

// The whole table of a lanes type.
template <class L>
constexpr Kernels make_kernels(tidbit_isa isa) {
  using B = QuantBodies<L>;
  return Kernels{
      .isa = isa,
      .matmul_f32 = &B::template matmul<typename B::template FloatBlock<typename B::LoadF32>>,
      .matmul_f16 = &B::template matmul<typename B::template FloatBlock<typename B::LoadF16>>,
      .matmul_q8 = &B::template matmul<typename B::CodeBlock>,
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
