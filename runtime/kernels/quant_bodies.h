// The int8 kernels over a type of lanes. Within a group the sum is an exact int32, so that its order is free; across
// groups each row has one float accumulator.
//
// Beside what float_bodies.h asks for, a lanes type has: I, a vector of L::width int32; start(sum), the first value of
// a dot product with codes that add up to `sum` (a correction where the instruction wants unsigned codes, else 0);
// dot4(acc, w, x4), which adds to each lane the products of its 4 consecutive int8 of `w` with the 4 int8 in the word x4;
// to_float(I); and codes(x, n, inverse, out), which writes n codes and returns their sum.
#pragma once

#include "kernels/float_bodies.h"

namespace tidbit {

static inline std::uint32_t load_word(const std::int8_t *codes) {
  std::uint32_t word;
  std::memcpy(&word, codes, 4);
  return word;
}

// The code of x: the product, rounded, rounded to an integer, nearest even.
static inline std::int8_t code_of(float x, float inverse) {
  const std::uint32_t integer = float_bits(x * inverse + kRoundMagic) - kRoundMagicBits;
  return static_cast<std::int8_t>(static_cast<std::uint8_t>(integer));
}

template <class L>
struct QuantBodies : FloatBodies<L> {
  using F = typename L::F;
  using I = typename L::I;
  using FloatBodies<L>::W;
  using FloatBodies<L>::kParts;

  // Largest magnitude as bits: a total order in which NaN is above infinity.
  static float largest(const float *x, std::uint32_t n) {
    std::uint32_t bits = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t magnitude = float_bits(x[i]) & 0x7FFFFFFF;
      bits = magnitude > bits ? magnitude : bits;
    }
    return bits_float(bits);
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

  // Sums of 16 rows over words [0, words) of 4 codes.
  static void dot_tile(const std::int8_t *w, const std::int8_t *x, std::uint32_t words, std::int32_t sum,
                       I out[kParts]) {
    for (std::uint32_t j = 0; j < kParts; ++j) out[j] = L::start(sum);
    for (std::uint32_t k = 0; k < words; ++k) {
      const std::uint32_t x4 = load_word(x + k * 4);
      for (std::uint32_t j = 0; j < kParts; ++j) out[j] = L::dot4(out[j], w + k * 64 + j * W * 4, x4);
    }
  }

  // acc = fma(float(isum), w_scale * x_scale, acc), groups ascending.
  static void tile_times_token(const Matmul &m, const std::byte *tile, std::uint32_t token, float out[16]) {
    const auto *scales = reinterpret_cast<const std::uint16_t *>(tile);
    const auto *codes = reinterpret_cast<const std::int8_t *>(tile + format::q8_scale_bytes(m.cols, m.group));
    const std::int8_t *x = m.q.codes + token * m.q.code_stride;
    F acc[kParts];
    for (F &a : acc) a = L::set(0.0f);
    std::uint32_t g = 0;
    for (std::uint32_t k = 0; k < m.cols; k += m.group, ++g) {
      const std::uint32_t count = m.cols - k < m.group ? m.cols - k : m.group;
      I sums[kParts];
      dot_tile(codes + std::size_t{k} * 16, x + k, (count + 3) / 4, m.q.sums[token * m.q.group_stride + g], sums);
      const F x_scale = L::set(m.q.scales[token * m.q.group_stride + g]);
      for (std::uint32_t j = 0; j < kParts; ++j) {
        const F scale = L::mul(L::load_f16(scales + g * 16 + j * W), x_scale);
        acc[j] = L::fma(L::to_float(sums[j]), scale, acc[j]);
      }
    }
    for (std::uint32_t j = 0; j < kParts; ++j) L::store(out + j * W, acc[j]);
  }

  static void matmul_q8(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
    const std::size_t tile_bytes = format::q8_tile_bytes(m.cols, m.group);
    for (std::uint32_t tile = begin; tile < end; ++tile) {
      for (std::uint32_t t = 0; t < m.tokens; ++t) {
        float out[16];
        tile_times_token(m, m.weights + tile * tile_bytes, t, out);
        FloatBodies<L>::put_rows(m, tile, t, out);
      }
    }
  }

  // score = (float(isum) * (k_scale * q_scale)) * scale.
  static void scores_q8(const Scores &s) {
    const std::uint32_t words = (s.head_dim + 3) / 4;
    const auto *codes = static_cast<const std::int8_t *>(s.k);
    const F q_scale = L::set(s.q_scale);
    const F scale = L::set(s.scale);
    for (std::uint32_t first = 0; first < s.positions; first += 16) {
      I sums[kParts];
      dot_tile(codes + std::size_t{first} * words * 4, s.q_codes, words, s.q_sum, sums);
      for (std::uint32_t j = 0; j < kParts; ++j) {
        const F both = L::mul(L::load(s.k_scales + first + j * W), q_scale);
        L::store(s.scores + first + j * W, L::mul(L::mul(L::to_float(sums[j]), both), scale));
      }
    }
  }
};

// The whole table of a lanes type.
template <class L>
constexpr Kernels make_kernels(tidbit_isa isa) {
  using B = QuantBodies<L>;
  return Kernels{
      .isa = isa,
      .matmul_f32 = &B::template matmul<typename B::LoadF32>,
      .matmul_f16 = &B::template matmul<typename B::LoadF16>,
      .matmul_q8 = &B::matmul_q8,
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
