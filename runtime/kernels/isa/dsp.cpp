// Cortex-M with the DSP extension and an FPU (M4, M7, M33, M55): two 16-bit products per instruction. The FPU has one
// lane; working on two at a time shares the cost of loops and conversions.
//
// One instruction each turns the even and the odd bytes of a word of four int8 into a word of two int16. Those of the
// activations are used for several rows, whose sums stay in registers. The inner steps are in assembly because they
// need every register: compilers load all weights first and keep the sums in memory.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_DSP

#include "kernels/generic/table.h"
#include "kernels/isa/scalar_lanes.h"

namespace tidbit {
namespace {

using Word = std::uint32_t;

// Two activations of 16 bits each: bytes 0 and 2 of a word, and bytes 1 and 3.
struct Pairs {
  Word even, odd;
};

[[gnu::always_inline]] inline Pairs pairs_of(Word word) {
  Pairs pairs{};
  __asm__("sxtb16 %0, %1" : "=r"(pairs.even) : "r"(word));
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(pairs.odd) : "r"(word));
  return pairs;
}

// One row, with its codes in `codes`. Loads the codes of the next row into `other` before the products end. `step` is
// the distance to the row after that.
// clang-format off
#define TIDBIT_ROW(sum, codes, other, step)                   \
  "sxtb16 %[" other "], %[" codes "]\n\t"                     \
  "sxtb16 %[" codes "], %[" codes "], ror #8\n\t"             \
  "smlad %[" sum "], %[" other "], %[even], %[" sum "]\n\t"   \
  "ldr %[" other "], [%[w]], #" step "\n\t"                   \
  "smlad %[" sum "], %[" codes "], %[odd], %[" sum "]\n\t"
// clang-format on

// Half a line: 4 codes of each of 8 rows with 4 activations. Advances to the next line of the tile, and of x.
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

// 8 codes of each of 4 rows: a byte of a word has two codes. Those of the first 4 columns are in the low nibbles.
[[gnu::always_inline]] inline void dot_octet(const std::byte *w, const std::int8_t *x, std::int32_t (&sums)[4]) {
  const Pairs low = pairs_of(load_word(x)), high = pairs_of(load_word(x + 4));
#pragma GCC unroll 4
  for (std::uint32_t row = 0; row < 4; ++row) {
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

// Sums over `words` words of 16 rows, in two halves, because there are registers for 8 sums. A separate function, so
// that nothing else needs registers.
[[gnu::noinline]] void dot_sixteen_rows(const std::int8_t *weights, const std::int8_t *codes, std::uint32_t words,
                                        std::int32_t *sums) {
  const std::int8_t *const other_half = weights + 32;
  do {
    std::int32_t part[8] = {};
    const std::int8_t *w = weights, *x = codes, *end = codes + words / 8 * 32;
    while (x != end) {
      dot_line(w, x, part);
      dot_line(w, x, part);
      dot_line(w, x, part);
      dot_line(w, x, part);
      dot_line(w, x, part);
      dot_line(w, x, part);
      dot_line(w, x, part);
      dot_line(w, x, part);
    }
    for (end += words % 8 * 4; x != end;) dot_line(w, x, part);
#pragma GCC unroll 8
    for (std::uint32_t i = 0; i < 8; ++i) sums[i] = part[i];
    sums += 8;
    weights += 32;
    __asm__("" : "+r"(weights));  // keeps compilers from unrolling the two iterations
  } while (weights == other_half);
}

// Adds a block of 32 columns of 16 rows, 4 rows at a time.
[[gnu::noinline]] void dot_nibbles(const std::byte *weights, const std::int8_t *x, std::int32_t *sums) {
#pragma GCC unroll 1
  for (std::uint32_t row = 0; row < format::kTileRows; row += 4) {
    const std::byte *w = weights + row * 4;
    std::int32_t part[4] = {sums[row], sums[row + 1], sums[row + 2], sums[row + 3]};
    dot_octet(w, x, part);
    dot_octet(w + 64, x + 8, part);
    dot_octet(w + 128, x + 16, part);
    dot_octet(w + 192, x + 24, part);
#pragma GCC unroll 4
    for (std::uint32_t i = 0; i < 4; ++i) sums[row + i] = part[i];
  }
}

// The same for codes of any other number of bits, row after row.
template <class W>
[[gnu::noinline]] void dot_packed(const std::byte *weights, const std::int8_t *x, std::int32_t *sums) {
  const auto *w = reinterpret_cast<const std::int8_t *>(weights);
#pragma GCC unroll 1
  for (std::uint32_t row = 0; row < format::kTileRows; ++row, w += 4) {
    std::int32_t sum = sums[row];
#pragma GCC unroll 1
    for (std::uint32_t k = 0; k < format::kBlock; k += kUnpackedWords<W> * 4) {
      Word lines[kUnpackedLines<W>];
#pragma GCC unroll 8
      for (std::uint32_t i = 0; i < kUnpackedLines<W>; ++i) {
        lines[i] = load_word(w + k * W::bits * 2 + i * 64);
      }
      each_word<ScalarLanes, W>(lines, [&]<std::uint32_t i>(Word codes) {
        const Pairs of_x = pairs_of(load_word(x + k + 4 * i));
        __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(codes & 0x00FF00FF), "r"(of_x.even));
        __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(codes >> 8 & 0x00FF00FF), "r"(of_x.odd));
      });
    }
    sums[row] = sum;
  }
}

struct DspLanes {
  static constexpr std::uint32_t width = 2;
  static constexpr Tuning tuning = {};

  struct Floats {
    float a, b;
  };
  struct Sums {
    std::int32_t a, b;
  };

  // Applies f to the first lanes, then to the second ones.
  template <class Function, class... Lanes>
  [[gnu::always_inline]] static Floats each(Function f, Lanes... x) {
    return {f(x.a...), f(x.b...)};
  }
  using One = ScalarLanes;

  // The bodies call min only with a constant other than 0, and with the result of an operation, which is never a
  // signaling NaN. In these cases the instruction equals a < b ? a : b.
  static float min_of_number(float a, float b) {
#if __ARM_ARCH >= 8 || (__ARM_FP & 8) != 0  // an FPU of version 5
    __asm__("vminnm.f32 %0, %0, %1" : "+t"(a) : "t"(b));
    return a;
#else
    return One::min(a, b);
#endif
  }

  static Floats load(const float *p) { return {p[0], p[1]}; }
  // The FPU widens the low and the high half of a register like half_to_float does.
  static Floats load_f16(const std::uint16_t *p) {
    float halves;
    __builtin_memcpy(&halves, p, sizeof halves);
    Floats x;
    __asm__("vcvtb.f32.f16 %0, %1" : "=t"(x.a) : "t"(halves));
    __asm__("vcvtt.f32.f16 %0, %1" : "=t"(x.b) : "t"(halves));
    return x;
  }
  static Floats load_i8(const std::int8_t *p) { return {One::load_i8(p), One::load_i8(p + 1)}; }
  static Floats load_part(const float *p, std::uint32_t) { return {p[0], 0}; }
  static Floats load_f16_part(const std::uint16_t *p, std::uint32_t) { return {One::load_f16(p), 0}; }
  static Floats load_i8_part(const std::int8_t *p, std::uint32_t) { return {One::load_i8(p), 0}; }
  static void store(float *p, Floats x) {
    p[0] = x.a;
    p[1] = x.b;
  }
  static void store_part(float *p, Floats x, std::uint32_t) { p[0] = x.a; }

  static Floats set(float x) { return {x, x}; }
  static Floats add(Floats x, Floats y) { return each(One::add, x, y); }
  static Floats sub(Floats x, Floats y) { return each(One::sub, x, y); }
  static Floats mul(Floats x, Floats y) { return each(One::mul, x, y); }
  static Floats div(Floats x, Floats y) { return each(One::div, x, y); }
  static Floats fma(Floats x, Floats y, Floats z) { return each(One::fma, x, y, z); }
  static Floats min(Floats x, Floats y) { return each(min_of_number, x, y); }
  static Floats max(Floats x, Floats y) { return each(One::max, x, y); }
  static Floats less(Floats x, Floats y, Floats yes, Floats no) { return each(One::less, x, y, yes, no); }
  static Floats abs(Floats x) { return each(One::abs, x); }
  static Floats copy_sign(Floats magnitude, Floats sign) { return each(One::copy_sign, magnitude, sign); }
  static Floats larger(Floats x, Floats y) { return each(One::larger, x, y); }
  static Floats add_to_exponent(Floats x, Floats t) { return each(One::add_to_exponent, x, t); }
  static Floats to_float(Sums x) { return each(One::to_float, x); }

  static Sums start(std::int32_t) { return {0, 0}; }
  static void dot_rows(const std::int8_t *w, const std::int8_t *x, std::uint32_t words, Sums (&sums)[8]) {
    dot_sixteen_rows(w, x, words, &sums[0].a);
  }

  using BlockSums = Sums;
  using Scales = Sums;
  struct Zeros {
    Sums of[2];
  };
  template <class W>
  static BlockSums start_block(std::int32_t start) {
    return {start, start};
  }
  template <class W>
  static void dot_rows_of_block(const std::byte *codes, const std::int8_t *x, BlockSums (&sums)[8]) {
    if constexpr (W::bits == 4) {
      dot_nibbles(codes, x, &sums[0].a);
    } else {
      dot_packed<W>(codes, x, &sums[0].a);
    }
  }
  template <class W>
  static void load_scales(const std::byte *fine, Scales (&scales)[8]) {
    std::int32_t rows[format::kTileRows];
    One::load_scales<W>(fine, rows);
    for (int i = 0; i < 8; ++i) scales[i] = {rows[2 * i], rows[2 * i + 1]};
  }
  template <class W>
  static Sums add_block(Sums sums, BlockSums block, Scales scale) {
    return {sums.a + block.a * scale.a, sums.b + block.b * scale.b};
  }
  template <class W>
  static Sums shifts_of(const std::byte *fine) {
    return {One::shift_of<W>(fine[0]), One::shift_of<W>(fine[1])};
  }
  template <class W>
  static void load_zeros(const std::byte *fine, Zeros (&zeros)[8]) {
    for (int i = 0; i < 8; ++i, fine += 2) {
      zeros[i] = {{shifts_of<W>(fine), shifts_of<W>(fine + format::kTileRows)}};
    }
  }
  template <class W>
  static Sums add_zeros(Sums sums, Zeros zeros, const std::int16_t *pair) {
    for (int i = 0; i < 2; ++i) sums = add_block<W>(sums, zeros.of[i], {pair[i], pair[i]});
    return sums;
  }

  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    return codes_one_by_one(x, n, inverse, out);
  }

  static void to_f16(const float *x, std::uint32_t n, std::uint16_t *y) {
    for (std::uint32_t i = 0; i < n; ++i) {
      float half = 0;  // in the low half of the register
      __asm__("vcvtb.f16.f32 %0, %1" : "=t"(half) : "t"(x[i]));
      y[i] = static_cast<std::uint16_t>(float_bits(half));
    }
  }
};

}  // namespace

extern constinit const Kernels kDspKernels = make_kernels<DspLanes>(TIDBIT_ISA_DSP);

}  // namespace tidbit

#endif  // TIDBIT_FILE_DSP
