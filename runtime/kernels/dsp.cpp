// Cortex-M with the DSP extension and an FPU (M4, M7, M33, M55): one lane, two products of 16 bits an instruction.
//
// A word of four int8 becomes two words of two int16, its even and its odd bytes, by one instruction each. Those of the
// activations serve several rows, whose sums stay in registers. The inner steps are written in assembly because they
// want every register there is: compilers load all weights first and keep the sums in memory.
#include "kernels/scalar_lanes.h"

namespace tidbit {
namespace {

using Word = std::uint32_t;

// Two activations of 16 bits, those of the bytes 0 and 2, and 1 and 3, of a word.
struct Pairs {
  Word even, odd;
};

[[gnu::always_inline]] inline Pairs pairs_of(Word word) {
  Pairs pairs{};
  __asm__("sxtb16 %0, %1" : "=r"(pairs.even) : "r"(word));
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(pairs.odd) : "r"(word));
  return pairs;
}

// One row: its codes in `codes`, those of the next row loaded into `other` before the products end. `step` leads to the
// row after that.
#define TIDBIT_ROW(sum, codes, other, step)         \
  "sxtb16 %[" other "], %[" codes                   \
  "]\n\t"                                           \
  "sxtb16 %[" codes "], %[" codes                   \
  "], ror #8\n\t"                                   \
  "smlad %[" sum "], %[" other "], %[even], %[" sum \
  "]\n\t"                                           \
  "ldr %[" other "], [%[w]], #" step                \
  "\n\t"                                            \
  "smlad %[" sum "], %[" codes "], %[odd], %[" sum "]\n\t"

// A line: 4 codes each of 8 rows with 4 activations. Moves on to the next line of the tile's 16 rows.
[[gnu::always_inline]] inline void dot_line(const std::int8_t *&w, const std::int8_t *&x, std::int32_t (&sums)[8]) {
  Word a, b, even, odd;
  __asm__(
      "ldr %[a], [%[w]], #4\n\t"
      "ldr %[odd], [%[x]], #4\n\t"
      "sxtb16 %[even], %[odd]\n\t"
      "sxtb16 %[odd], %[odd], ror #8\n\t"
      TIDBIT_ROW("s0", "a", "b", "4")
      TIDBIT_ROW("s1", "b", "a", "4")
      TIDBIT_ROW("s2", "a", "b", "4")
      TIDBIT_ROW("s3", "b", "a", "4")
      TIDBIT_ROW("s4", "a", "b", "4")
      TIDBIT_ROW("s5", "b", "a", "4")
      TIDBIT_ROW("s6", "a", "b", "36")
      "sxtb16 %[a], %[b]\n\t"
      "sxtb16 %[b], %[b], ror #8\n\t"
      "smlad %[s7], %[a], %[even], %[s7]\n\t"
      "smlad %[s7], %[b], %[odd], %[s7]"
      : [s0] "+&r"(sums[0]), [s1] "+&r"(sums[1]), [s2] "+&r"(sums[2]), [s3] "+&r"(sums[3]), [s4] "+&r"(sums[4]),
        [s5] "+&r"(sums[5]), [s6] "+&r"(sums[6]), [s7] "+&r"(sums[7]), [w] "+&r"(w), [x] "+&r"(x), [a] "=&r"(a),
        [b] "=&r"(b), [even] "=&r"(even), [odd] "=&r"(odd)
      :
      : "memory");
}
#undef TIDBIT_ROW

// 8 codes each of kRows rows: a word holds two codes a byte, those of the first 4 columns in its low nibbles.
template <std::uint32_t kRows>
[[gnu::always_inline]] inline void dot_octet(const std::byte *w, const std::int8_t *x, std::int32_t (&sums)[kRows]) {
  const Pairs low = pairs_of(load_word(x)), high = pairs_of(load_word(x + 4));
#pragma GCC unroll 16
  for (std::uint32_t row = 0; row < kRows; ++row) {
    Word codes, pair;
    __asm__(
        "ldr %1, %8\n\t"
        "and %2, %7, %1\n\t"
        "smlad %0, %2, %3, %0\n\t"
        "and %2, %7, %1, lsr #8\n\t"
        "smlad %0, %2, %4, %0\n\t"
        "and %2, %7, %1, lsr #4\n\t"
        "smlad %0, %2, %5, %0\n\t"
        "and %1, %7, %1, lsr #12\n\t"
        "smlad %0, %1, %6, %0"
        : "+&r"(sums[row]), "=&r"(codes), "=&r"(pair)
        : "r"(low.even), "r"(low.odd), "r"(high.even), "r"(high.odd), "r"(0x000F000F),
          "m"(*reinterpret_cast<const Word *>(w + row * 4)));
  }
}

// body(part) with kRows sums in registers.
template <std::uint32_t kRows, class Body>
[[gnu::always_inline]] inline void in_registers(std::int32_t *sums, Body body) {
  std::int32_t part[kRows];
#pragma GCC unroll 16
  for (std::uint32_t i = 0; i < kRows; ++i) part[i] = sums[i];
  body(part);
#pragma GCC unroll 16
  for (std::uint32_t i = 0; i < kRows; ++i) sums[i] = part[i];
}

// Sums over `words` words of 8 rows, as many as there are registers for: a function of its own, so that nothing else
// wants them.
[[gnu::noinline]] void dot_eight_rows(const std::int8_t *w, const std::int8_t *x, std::uint32_t words,
                                      std::int32_t *sums) {
  in_registers<8>(sums, [&](auto &part) __attribute__((always_inline)) {
    const std::int8_t *end = x + words / 4 * 16;
    while (x != end) {
      dot_line(w, x, part);
      dot_line(w, x, part);
      dot_line(w, x, part);
      dot_line(w, x, part);
    }
    for (end += words % 4 * 4; x != end;) dot_line(w, x, part);
  });
}

// A block of 32 columns of 4 rows.
[[gnu::always_inline]] inline void dot_block_of_four_rows(const std::byte *w, const std::int8_t *x,
                                                          std::int32_t *sums) {
  in_registers<4>(sums, [&](auto &part) __attribute__((always_inline)) {
    dot_octet(w, x, part);
    dot_octet(w + 64, x + 8, part);
    dot_octet(w + 128, x + 16, part);
    dot_octet(w + 192, x + 24, part);
  });
}

struct DspLanes : ScalarLanes {
  // The FPU converts half precision, without exception the way half_to_float and float_to_half do.
  static float load_f16(const std::uint16_t *p) { return static_cast<float>(__builtin_bit_cast(__fp16, *p)); }
  static void to_f16(const float *x, std::uint32_t n, std::uint16_t *y) {
    for (std::uint32_t i = 0; i < n; ++i) y[i] = __builtin_bit_cast(std::uint16_t, static_cast<__fp16>(x[i]));
  }

  static void dot_rows(const std::int8_t *w, const std::int8_t *x, std::uint32_t words, std::int32_t (&sums)[16]) {
    dot_eight_rows(w, x, words, sums);
    dot_eight_rows(w + 32, x, words, sums + 8);
  }

  [[gnu::noinline]] static void dot_block(const std::byte *codes, const std::int8_t *x, std::int32_t (&sums)[16]) {
#pragma GCC unroll 1
    for (std::uint32_t row = 0; row < 16; row += 4) dot_block_of_four_rows(codes + row * 4, x, sums + row);
  }
};

}  // namespace

constinit const Kernels kDspKernels = make_kernels<DspLanes>(TIDBIT_ISA_DSP);

}  // namespace tidbit
