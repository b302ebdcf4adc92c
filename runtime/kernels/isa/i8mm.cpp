// AArch64 with the int8 matrix product of Armv8.6, which multiplies 8 columns of 2 rows with 2 vectors at once. A
// single vector gains nothing from it. The q8 product uses panels; scores with a q8 cache use the common order.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_I8MM

#include "kernels/generic/table.h"
#include "kernels/isa/i8mm_panel.h"

namespace tidbit {
namespace {

struct I8mmLanes : DotprodLanes {
  // 8 codes of each of two vectors, then the next 8 of both.
  static void load_pair(const std::int8_t *x, const std::int8_t *y, int8x16_t (&halves)[2]) {
    const int64x2_t a = vreinterpretq_s64_s8(load_inputs(x)), b = vreinterpretq_s64_s8(load_inputs(y));
    halves[0] = vreinterpretq_s8_s64(vzip1q_s64(a, b));
    halves[1] = vreinterpretq_s8_s64(vzip2q_s64(a, b));
  }

  // sums[v][i] += 8 columns of rows 2 i and 2 i + 1 with `half` of pair v. Advances by two words.
  template <std::uint32_t kPairs>
  [[gnu::always_inline]] static void dot_pairs(const std::int8_t *&line, const int8x16_t (&vectors)[kPairs][2],
                                               int half, Sums (&sums)[kPairs][8]) {
    Codes first[4], second[4];
    load_codes(line, 1, first);
    load_codes(line, 1, second);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const int32x4_t a = vreinterpretq_s32_s8(first[i]), b = vreinterpretq_s32_s8(second[i]);
      const int8x16_t low = vreinterpretq_s8_s32(vzip1q_s32(a, b)), high = vreinterpretq_s8_s32(vzip2q_s32(a, b));
#pragma GCC unroll 8
      for (std::uint32_t v = 0; v < kPairs; ++v) {
        sums[v][2 * i] = vmmlaq_s32(sums[v][2 * i], low, vectors[v][half]);
        sums[v][2 * i + 1] = vmmlaq_s32(sums[v][2 * i + 1], high, vectors[v][half]);
      }
    }
  }

  // Whole iterations of a tile with an even number of vectors, from the start of a sum. Returns the words that remain.
  template <std::uint32_t kVectors>
  [[gnu::always_inline]] static std::uint32_t dot_turns(const std::int8_t *&line, const std::int8_t *&x,
                                                        std::size_t x_stride, std::uint32_t words,
                                                        Sums (&acc)[kVectors][4]) {
    constexpr std::uint32_t kPairs = kVectors / 2;
    Sums sums[kPairs][8];  // of rows 2 i and 2 i + 1, each with both vectors
#pragma GCC unroll 32
    for (std::uint32_t i = 0; i < kPairs * 8; ++i) sums[i / 8][i % 8] = vdupq_n_s32(0);
    for (; words >= input_words; words -= input_words, x += input_words * 4) {
      int8x16_t vectors[kPairs][2];
#pragma GCC unroll 8
      for (std::uint32_t v = 0; v < kPairs; ++v)
        load_pair(x + 2 * v * x_stride, x + (2 * v + 1) * x_stride, vectors[v]);
      dot_pairs(line, vectors, 0, sums);
      dot_pairs(line, vectors, 1, sums);
    }
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kPairs * 4; ++i) {
      const Sums low = sums[i / 4][i % 4 * 2], high = sums[i / 4][i % 4 * 2 + 1];
      acc[i / 4 * 2][i % 4] = vuzp1q_s32(low, high);
      acc[i / 4 * 2 + 1][i % 4] = vuzp2q_s32(low, high);
    }
    return words;
  }
};

constexpr Matmuls kI8mmMatmuls = [] {
  Matmuls matmuls = kMatmuls<I8mmLanes>;
  if constexpr (features::has_weights(format::Format::q8)) {
    matmuls.of[index_of(format::Format::q8)] = &PanelWalk<I8mmPanel>::matmul;
  }
  return matmuls;
}();

}  // namespace

extern constinit const Kernels kI8mmKernels = [] {
  Kernels kernels = make_kernels<I8mmLanes>(TIDBIT_ISA_I8MM);
  kernels.matmul = kI8mmMatmuls.of;
  if constexpr (features::has_weights(format::Format::q8)) {
    kernels.quantize_rows = &PanelWalk<I8mmPanel>::quantize_rows;
  }
  return kernels;
}();

}  // namespace tidbit

#endif  // TIDBIT_FILE_I8MM
