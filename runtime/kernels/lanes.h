// The contract between the generic bodies (generic/) and an instruction set (isa/).
//
// A body is written once, over a lanes type L: a struct of types, constants and static functions, without state. A lane
// is a row of a tile, a channel of a value, or an element of a vector. A register has L::width lanes. The type with one
// lane is the scalar reference. A wider type does the same operations in the same order for several outputs (or several
// of the 16 partial sums) at once, so its results are the same bits.
//
// The concepts below say what a body needs:
//   ArithmeticLanes   exp, softmax, the gates of SiLU and GELU
//   FloatLanes        vectors: the above, and erf
//   ElementLanes      products of f32 and f16, attention with f32 and f16; values of q8
//   QuantizingLanes   turning activations into codes
//   CodeLanes         products of q8: several codes per lane, multiplied by the same activations in all lanes
//   RowDotLanes       the alternative: a product of 16 rows, computed as the type likes
//   BlockLanes        products of codes of a few bits, several per lane
//   BlockDotLanes     the alternative: a product of a block of 16 rows, computed as the type likes
// If an instruction multiplies several rows with several tokens at once, its type also has PanelLanes
// (generic/panel_walk.h).
#pragma once

#include "base/arith.h"
#include "base/meta.h"
#include "base/rounding.h"
#include "base/types.h"
#include "format/format.h"

namespace tidbit {

// How the bodies are tuned for an instruction set. Nothing here changes a result.
struct Tuning {
  // With a single token or query: the number of tiles walked in parallel, each a stream from memory.
  std::uint32_t streams = 1;

  // With several tokens: the tiles and tokens of a micro-kernel, whose sums fill the registers.
  std::uint32_t tiles = 1;
  std::uint32_t tokens = 1;

  // The same for attention: the number of queries that share each load of K and V, with `tiles` tiles of K, or this
  // many registers of a position's V.
  std::uint32_t queries = 1;
  std::uint32_t value_registers = 4;

  // Widen f16 weights once for many tokens. Takes 24 KB of stack.
  bool widen_f16 = false;

  // Unpack codes of a few bits once for this many tokens and more; 0: never. Takes 19 KB of stack for each tile.
  std::uint32_t unpack_from = 0;

  // With a single vector: prefetch the weights, K and V that are floats, or q8, or in blocks.
  bool prefetch_floats = false;
  bool prefetch_q8 = false;
  bool prefetch_blocks = false;
};

// The number of registers that hold one number for each row of a tile.
template <class L>
inline constexpr std::uint32_t kTileRegisters = format::kTileRows / L::width;

// ---- floats ----

// L::Floats is a register of L::width floats (1, 2, 4, 8 or 16). The functions for parts take n < width elements: loads
// set the others to 0, and stores do not touch them in memory.
//   fma(a, b, c)            a * b + c, rounded once
//   min(a, b)               a < b ? a : b, and max(a, b) a > b ? a : b, NaN and zeros included
//   less(a, b, yes, no)     a < b ? yes : no
//   add_to_exponent(x, t)   x * 2^n, by an integer addition; n is what kRoundMagic left in the low bits of t
template <class L>
concept ArithmeticLanes = requires(const float *p, float *q, std::uint32_t n, float x, typename L::Floats a) {
  requires format::kTileRows % L::width == 0;
  { L::load(p) } -> SameAs<typename L::Floats>;
  { L::load_part(p, n) } -> ConvertibleTo<typename L::Floats>;
  L::store(q, a);
  L::store_part(q, a, n);
  { L::set(x) } -> ConvertibleTo<typename L::Floats>;
  { L::add(a, a) } -> ConvertibleTo<typename L::Floats>;
  { L::sub(a, a) } -> ConvertibleTo<typename L::Floats>;
  { L::mul(a, a) } -> ConvertibleTo<typename L::Floats>;
  { L::div(a, a) } -> ConvertibleTo<typename L::Floats>;
  { L::fma(a, a, a) } -> ConvertibleTo<typename L::Floats>;
  { L::min(a, a) } -> ConvertibleTo<typename L::Floats>;
  { L::max(a, a) } -> ConvertibleTo<typename L::Floats>;
  { L::less(a, a, a, a) } -> ConvertibleTo<typename L::Floats>;
  { L::add_to_exponent(a, a) } -> ConvertibleTo<typename L::Floats>;
};

//   copy_sign(magnitude, sign)   |magnitude| with the sign of `sign`
template <class L>
concept FloatLanes = ArithmeticLanes<L> && requires(typename L::Floats a) {
  { L::abs(a) } -> ConvertibleTo<typename L::Floats>;
  { L::copy_sign(a, a) } -> ConvertibleTo<typename L::Floats>;
};

// Loads elements of other types as floats, exactly, and stores floats as f16. Two functions are optional:
//   fma_lane<i>(a, b, c)   a * (lane i of b) + c: activations are loaded as a register and not broadcast one by one
//   load_tile_column(p, c) loads the f16 of a tile's 16 rows into the kTileRegisters<L> registers of c
template <class L>
concept ElementLanes = FloatLanes<L> && SameAs<const Tuning, decltype(L::tuning)> &&
    requires(const std::uint16_t *halves, const std::int8_t *bytes, const float *p, std::uint16_t *q, std::uint32_t n) {
  { L::load_f16(halves) } -> ConvertibleTo<typename L::Floats>;
  { L::load_f16_part(halves, n) } -> ConvertibleTo<typename L::Floats>;
  { L::load_i8(bytes) } -> ConvertibleTo<typename L::Floats>;
  { L::load_i8_part(bytes, n) } -> ConvertibleTo<typename L::Floats>;
  L::to_f16(p, n, q);  // all n of them
};

// ---- activations to codes ----

// A type with several lanes can have butterflies<h>(x), a stage of a Hadamard transform inside a register: lane i
// becomes x[i] + x[i ^ h] or, if i has bit h, x[i ^ h] - x[i]. The type with 16 lanes has it for 8, 4, 2 and 1.

//   larger(a, b)               the larger of a, which is not negative, and |b|, compared as unsigned bits: NaN is
//   largest codes(x, n, inverse, out)  writes rint(x[i] * inverse) for n <= 32 values and returns their sum
template <class L>
concept QuantizingLanes = ArithmeticLanes<L> &&
    requires(typename L::Floats a, const float *x, std::uint32_t n, std::int8_t *out) {
  { L::larger(a, a) } -> ConvertibleTo<typename L::Floats>;
  { L::codes(x, n, 1.0f, out) } -> SameAs<std::int32_t>;
};

// ---- int8 codes ----

// L::Sums is one or several registers of L::width int32 sums, or of partial sums that to_float adds.
template <class L>
concept SumLanes = requires(typename L::Sums s, typename L::Floats a) {
  a = L::to_float(s);
};

// A word is 4 consecutive codes of a row or of a token. L::Codes has L::code_words words of each of L::width rows.
// L::Inputs has L::input_words words of a token: one iteration of the loop.
//
//   row 0   w0 w1 w2 w3 | row 1   w0 w1 w2 w3 | ...     Codes with one word per row: a line of 64 bytes has 16 of them
//   word i  x0 x1 x2 x3 | word i  x0 x1 x2 x3 | ...     as dot<i> broadcasts it
//   sum 0 += w0 x0 + w1 x1 + w2 x2 + w3 x3, sum 1 += ...
//
//   start(sum)               the initial Sums, for activations that add up to `sum`: a correction if the instruction
//                            takes unsigned codes, otherwise 0
//   load_codes(p, words, c)  loads codes of 16 rows, at most `words` words of each, and advances p
//   load_inputs(p)           may read 16 bytes
//   dot<i>(sums, c, x)       adds the products of Codes with words [i, i + 1) * code_words of x
//
// A type can also have dot_turns(line, x, input_stride, words, sums), for one tile with an even number of inputs. It
// computes whole iterations as it likes, advances line and x, and returns the number of words that remain.
template <class L>
concept CodeLanes = SumLanes<L> && requires(const std::int8_t *p, std::uint32_t n, typename L::Sums s,
                                            typename L::Inputs x, typename L::Codes (&c)[kTileRegisters<L>]) {
  requires L::input_words % L::code_words == 0;
  { L::start(std::int32_t{}) } -> SameAs<typename L::Sums>;
  L::load_codes(p, n, c);
  { L::load_inputs(p) } -> SameAs<typename L::Inputs>;
  { L::template dot<0>(s, c[0], x) } -> SameAs<typename L::Sums>;
};

// Instead of all that, a type can have dot_rows(w, x, words, sums), which sets the sums of 16 rows over `words` words.
// Such a type works on one tile with one token at a time.
template <class L>
concept RowDotLanes = SumLanes<L> &&
    requires(const std::int8_t *p, std::uint32_t n, typename L::Sums (&s)[kTileRegisters<L>]) {
  L::dot_rows(p, p, n, s);
};

// ---- codes of a few bits ----

// How much is unpacked at once: the fewest lines of 64 bytes that contain whole words (format/packing.h).
template <class W>
inline constexpr std::uint32_t kUnpackedLines = W::Packing::lines;
template <class W>
inline constexpr std::uint32_t kUnpackedWords = W::Packing::words;

// Whether a block's sum of (code - zero) * activation fits int16, which it does with up to 4 bits.
template <class W>
inline constexpr bool kBlockFitsInt16 = format::kBlock *W::zero * 127 < 1 << 15;

// W is a format of format/blocks.h. A group's sum is made of blocks of 32 columns, each with a scale and a shift:
//
//   block sum = sum of code * x - zero * (sum of x)             start_block, then dot_block for 8 words
//   sum      += scale * block sum                               add_block
//   sum      += unit * shift * (sum of x)                       add_zeros, once for a pair of blocks
//
// A type may leave `zero * (sum of x)` out of start_block and subtract scale * zero in load_zeros instead. L::BlockSums
// has a block's sums of L::width rows, L::SmallCodes a word of each of these rows.
//
// Lines are unpacked by pieces (format/packing.h), the same way for any number of bits:
//
//   load_packed(p, i)          register i of the line at p, as L::Packed
//   take<from, bits, to>(l)    bits [from, from + bits) of each byte, moved to bit `to`; all others are 0
//   join(a, b)                 the bits of both
//   next(p)                    optional: p + 64
//
//   start_block<W>(start)          `start` is -zero * (sum of x)
//   dot_block<W, i>(b, w, x)       adds the products of the codes with word i of Inputs
//   summed_words<W>                optional: words after which a block's sum is added, because it can take no more
//   load_scales<W>(fine, s)        the scales of a block's 16 rows from their fine bytes
//   add_block<W>(sums, b, s)
//   load_zeros<W>(fine, z)         the factors of the sums of x, from the fine bytes of two blocks
//   add_zeros<W>(sums, z, pair)    `pair` are CodeSums::sum
//
// For unpack_from, a type whose `dot` takes unsigned bytes can also have
//
//   scale_codes<W>(codes, s)       the codes times their block's scale, where the products fit
//   load_all_zeros<W>(fine, z)     load_zeros with -zero * scale in it: what start_block would take off
template <class L, class W>
concept BlockSumLanes = SumLanes<L> &&
    requires(const std::byte *fine, const std::int16_t *pair, typename L::Sums s, typename L::BlockSums b,
             typename L::Scales (&scales)[kTileRegisters<L>], typename L::Zeros (&zeros)[kTileRegisters<L>]) {
  { L::start(std::int32_t{}) } -> SameAs<typename L::Sums>;
  { L::template start_block<W>(std::int32_t{}) } -> SameAs<typename L::BlockSums>;
  L::template load_scales<W>(fine, scales);
  { L::template add_block<W>(s, b, scales[0]) } -> SameAs<typename L::Sums>;
  L::template load_zeros<W>(fine, zeros);
  { L::template add_zeros<W>(s, zeros[0], pair) } -> SameAs<typename L::Sums>;
};

template <class L, class W>
concept BlockLanes = BlockSumLanes<L, W> &&
    requires(const std::int8_t *p, typename L::BlockSums b, typename L::Inputs x, typename L::Packed line,
             typename L::SmallCodes codes) {
  { L::load_packed(p, std::uint32_t{}) } -> SameAs<typename L::Packed>;
  { L::template take<0, 1, 0>(line) } -> SameAs<typename L::SmallCodes>;
  { L::join(codes, codes) } -> SameAs<typename L::SmallCodes>;
  { L::template dot_block<W, 0>(b, codes, x) } -> SameAs<typename L::BlockSums>;
};

// The words of a block whose products L::BlockSums can take: a divisor of 8.
template <class L, class W>
inline constexpr std::uint32_t kSummedWords = [] {
  if constexpr (requires { L::template summed_words<W>; }) {
    return L::template summed_words<W>;
  } else {
    return std::uint32_t{format::kBlock / 4};
  }
}();

// Instead of load_packed, dot_block and Inputs, a type can have dot_rows_of_block<W>(p, x, b), which adds the products
// of a block of 16 rows.
template <class L, class W>
concept BlockDotLanes = BlockSumLanes<L, W> &&
    requires(const std::byte *p, const std::int8_t *x, typename L::BlockSums (&b)[kTileRegisters<L>]) {
  L::template dot_rows_of_block<W>(p, x, b);
};

// ---- shared by lanes types ----

static inline std::uint32_t load_word(const std::int8_t *codes) {
  std::uint32_t word;
  __builtin_memcpy(&word, codes, 4);
  return word;
}

// codes() for one value at a time: the values that are left, or all of them. The product is rounded to float, and
// adding kRoundMagic rounds it to an integer. The sum contains the magic number's bits n times; they are subtracted at
// the end.
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

}  // namespace tidbit
