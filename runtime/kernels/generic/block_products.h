// Products of matrices with codes of a few bits (format/blocks.h), for any number of bits.
//
// Packed lines are unpacked into words, 4 columns of each of 16 rows, which are multiplied like those of q8. A block of
// 32 columns has 8 words, whatever the number of bits. Its sum is scaled by a small integer and added to the group's:
//
//   4 bits      a packed line       low nibbles: word 0       high nibbles: word 1
//   register 0  | r0 .. r7   |  ->  | r0: c c c c | .. |      | r0: c c c c | .. |
//   register 1  | r8 .. r15  |  ->  | r8: c c c c | .. |      | r8: c c c c | .. |
//                                     * word 0 of x             * word 1 of x       + sums of the block
//   sums of a group += scale of the block * sums of the block + unit * shift of the block * sum of x
//
// All of this is exact. The sum of x is stored with the activations.
#pragma once

#include "format/blocks.h"
#include "kernels/generic/integer_products.h"
#include "kernels/generic/unpack.h"
#include "kernels/generic/unpacked_blocks.h"

namespace tidbit {

template <class L, class W>
requires BlockLanes<L, W> || BlockDotLanes<L, W>
struct BlockDot {
  using Sums = typename L::Sums;
  using BlockSums = typename L::BlockSums;
  using Scales = typename L::Scales;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>, kWords = format::kBlock / 4;

  // The operands of the micro-kernel. The fine bytes of tiles are fine_stride apart; the activation sums of the inputs,
  // sum_stride.
  template <std::uint32_t kTiles>
  struct Operands {
    const std::byte *fine;  // of two blocks
    std::size_t fine_stride;
    const CodeSums *sums;
    std::size_t sum_stride;
    Cursor<kTiles> codes;
  };

  template <std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void start(Sums (&sums)[kTiles][kInputs][kRegisters]) {
#pragma GCC unroll 64
    for (std::uint32_t i = 0; i < kTiles * kInputs * kRegisters; ++i) {
      sums[i / kRegisters / kInputs][i / kRegisters % kInputs][i % kRegisters] = L::start(0);
    }
  }

  // Starts the sums of block `half` of a pair.
  template <std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void start_block(const CodeSums *code_sums, std::size_t stride, std::uint32_t half,
                                                 BlockSums (&block)[kTiles][kInputs][kRegisters]) {
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kInputs; ++v) {
      const CodeSums &of_x = code_sums[v * stride];
      const std::int32_t first = W::zero == CodeSums::kZero ? of_x.start[half] : -W::zero * of_x.sum[half];
      const BlockSums start = L::template start_block<W>(first);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kTiles * kRegisters; ++i) block[i / kRegisters][v][i % kRegisters] = start;
    }
  }

  // Multiplies the codes of a tile's 16 rows in words [first, first + words) of a block with one input.
  template <std::uint32_t first, class Words, std::uint32_t... i>
  [[gnu::always_inline]] static void times(const Words &words, const std::int8_t *x, BlockSums (&block)[kRegisters],
                                           const Scales (&scales)[kRegisters], Sums (&sums)[kRegisters],
                                           Indices<i...>) {
    (times_word<first + i>(words[i], x, block, scales, sums), ...);
  }
  // If `block` can take no more products, moves it to `sums`; except at the end.
  template <std::uint32_t word, class Codes>
  [[gnu::always_inline]] static void times_word(const Codes (&codes)[kRegisters], const std::int8_t *x,
                                                BlockSums (&block)[kRegisters], const Scales (&scales)[kRegisters],
                                                Sums (&sums)[kRegisters]) {
    constexpr std::uint32_t i = word % L::input_words;
#pragma GCC unroll 16
    for (std::uint32_t r = 0; r < kRegisters; ++r) {
      block[r] = L::template dot_block<W, i>(block[r], codes[r], L::load_inputs(x + (word - i) * 4));
      if constexpr ((word + 1) % kSummedWords<L, W> == 0 && word + 1 != kWords) {
        sums[r] = L::template add_block<W>(sums[r], block[r], scales[r]);
        block[r] = L::template start_block<W>(0);
      }
    }
  }

  // Unpacks word `first` of a block and the words that share its lines, and multiplies each tile with each input.
  // Advances to the next lines of each tile.
  template <std::uint32_t first, std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void step(Cursor<kTiles> &c, BlockSums (&block)[kTiles][kInputs][kRegisters],
                                          const Scales (&scales)[kTiles][kRegisters],
                                          Sums (&sums)[kTiles][kInputs][kRegisters]) {
    constexpr IndicesTo<kUnpackedWords<W>> kEach;
    typename L::SmallCodes words[kTiles][kUnpackedWords<W>][kRegisters];
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
#pragma GCC unroll 8
      for (std::uint32_t line = 0; line < kUnpackedLines<W>; ++line) {
        prefetch<L::tuning.prefetch_blocks && kInputs == 1>(c.lines[tile] + line * 64, c.ahead);
      }
      unpack<L, W>(c.lines[tile], words[tile]);
      if (kInputs == 1) times<first>(words[tile], c.x, block[tile][0], scales[tile], sums[tile][0], kEach);
    }
#pragma GCC unroll 16
    for (std::uint32_t v = 0; v < kInputs && kInputs != 1; ++v) {
#pragma GCC unroll 16
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
        times<first>(words[tile], c.x + v * c.input_stride, block[tile][v], scales[tile], sums[tile][v], kEach);
      }
    }
  }

  template <std::uint32_t kTiles, std::uint32_t kInputs, std::uint32_t... i>
  [[gnu::always_inline]] static void steps(Cursor<kTiles> &c, BlockSums (&block)[kTiles][kInputs][kRegisters],
                                           const Scales (&scales)[kTiles][kRegisters],
                                           Sums (&sums)[kTiles][kInputs][kRegisters], Indices<i...>) {
    (step<i * kUnpackedWords<W>>(c, block, scales, sums), ...);
  }

  // Block `half` of a pair: scale * (sum of the products - zero * sum of x). Advances to the next block.
  template <std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void add_block(Operands<kTiles> &o, std::uint32_t half,
                                               Sums (&sums)[kTiles][kInputs][kRegisters]) {
    BlockSums block[kTiles][kInputs][kRegisters];
    Scales scales[kTiles][kRegisters];
    start_block(o.sums, o.sum_stride, half, block);
    if constexpr (kSummedWords<L, W> != kWords) {
#pragma GCC unroll 16
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) load_scales(o, tile, half, scales[tile]);
    }
    if constexpr (BlockDotLanes<L, W>) {
      static_assert(kTiles == 1 && kInputs == 1);
      L::template dot_rows_of_block<W>(reinterpret_cast<const std::byte *>(o.codes.lines[0]), o.codes.x, block[0][0]);
      o.codes.lines[0] += W::block_bytes;
    } else {
      steps(o.codes, block, scales, sums, IndicesTo<kWords / kUnpackedWords<W>>{});
    }
    o.codes.x += format::kBlock;
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      // Not earlier if there is no need: registers are scarce.
      if constexpr (kSummedWords<L, W> == kWords) load_scales(o, tile, half, scales[tile]);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kInputs * kRegisters; ++i) {
        const std::uint32_t v = i / kRegisters, r = i % kRegisters;
        sums[tile][v][r] = L::template add_block<W>(sums[tile][v][r], block[tile][v][r], scales[tile][r]);
      }
    }
  }
  template <std::uint32_t kTiles>
  [[gnu::always_inline]] static void load_scales(const Operands<kTiles> &o, std::uint32_t tile, std::uint32_t half,
                                                 Scales (&scales)[kRegisters]) {
    L::template load_scales<W>(o.fine + tile * o.fine_stride + half * format::kTileRows, scales);
  }

  // The factors of the activation sums of both blocks of a pair.
  template <std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void add_zeros(const Operands<kTiles> &o, Sums (&sums)[kTiles][kInputs][kRegisters]) {
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      typename L::Zeros zeros[kRegisters];
      L::template load_zeros<W>(o.fine + tile * o.fine_stride, zeros);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kInputs * kRegisters; ++i) {
        Sums &sum = sums[tile][i / kRegisters][i % kRegisters];
        sum = L::template add_zeros<W>(sum, zeros[i % kRegisters], o.sums[i / kRegisters * o.sum_stride].sum);
      }
    }
  }

  // The integer sums of a group of unpacked codes. `k` is its first column in `tiles`, q its activations.
  template <std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void dot(const UnpackedBlocks<L, W> (&tiles)[kTiles], std::uint32_t k,
                                         std::uint32_t columns, QuantizedRows q,
                                         Sums (&sums)[kTiles][kInputs][kRegisters]) {
    constexpr IndicesTo<kWords> kEach;
    start(sums);
    for (const std::uint32_t end = k + columns; k < end; k += format::kBlock, q.codes += format::kBlock) {
      const std::uint32_t half = k / format::kBlock % 2;
      add_block(tiles, k / format::kBlock, q, half, sums, kEach);
      if (half == 0) add_zeros(tiles, k / format::kPair, q, sums);
      q.sums += half;
    }
  }
  template <std::uint32_t kTiles, std::uint32_t kInputs, std::uint32_t... word>
  [[gnu::always_inline]] static void add_block(const UnpackedBlocks<L, W> (&tiles)[kTiles], std::uint32_t at,
                                               const QuantizedRows &q, std::uint32_t half,
                                               Sums (&sums)[kTiles][kInputs][kRegisters], Indices<word...>) {
    if constexpr (kScalesCodes<L, W>) {
      (add_word<word>(tiles, at, q, sums), ...);
    } else {
      BlockSums block[kTiles][kInputs][kRegisters];
      start_block(q.sums, q.sum_stride(), half, block);
      (add_word<word>(tiles, at, q, block, sums), ...);
#pragma GCC unroll 64
      for (std::uint32_t i = 0; i < kTiles * kInputs * kRegisters; ++i) {
        const std::uint32_t tile = i / kRegisters / kInputs, v = i / kRegisters % kInputs, r = i % kRegisters;
        sums[tile][v][r] = L::template add_block<W>(sums[tile][v][r], block[tile][v][r], tiles[tile].scales[at][r]);
      }
    }
  }
  template <std::uint32_t word, std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void add_word(const UnpackedBlocks<L, W> (&tiles)[kTiles], std::uint32_t at,
                                              const QuantizedRows &q, BlockSums (&block)[kTiles][kInputs][kRegisters],
                                              Sums (&sums)[kTiles][kInputs][kRegisters]) {
#pragma GCC unroll 64
    for (std::uint32_t i = 0; i < kTiles * kInputs; ++i) {
      const std::uint32_t v = i / kTiles, tile = i % kTiles;
      times_word<word>(tiles[tile].codes[at * kWords + word], q.codes + v * q.code_stride, block[tile][v],
                       tiles[tile].scales[at], sums[tile][v]);
    }
  }
  // The same for codes that are multiplied by their scales already.
  template <std::uint32_t word, std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void add_word(const UnpackedBlocks<L, W> (&tiles)[kTiles], std::uint32_t at,
                                              const QuantizedRows &q, Sums (&sums)[kTiles][kInputs][kRegisters]) {
    constexpr std::uint32_t i = word % L::input_words;
#pragma GCC unroll 64
    for (std::uint32_t j = 0; j < kTiles * kInputs * kRegisters; ++j) {
      const std::uint32_t v = j / kRegisters / kTiles, tile = j / kRegisters % kTiles, r = j % kRegisters;
      const auto x = L::load_inputs(q.codes + v * q.code_stride + (word - i) * 4);
      sums[tile][v][r] = L::template dot<i>(sums[tile][v][r], tiles[tile].codes[at * kWords + word][r], x);
    }
  }
  template <std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void add_zeros(const UnpackedBlocks<L, W> (&tiles)[kTiles], std::uint32_t pair,
                                               const QuantizedRows &q, Sums (&sums)[kTiles][kInputs][kRegisters]) {
#pragma GCC unroll 64
    for (std::uint32_t i = 0; i < kTiles * kInputs * kRegisters; ++i) {
      const std::uint32_t tile = i / kRegisters / kInputs, v = i / kRegisters % kInputs, r = i % kRegisters;
      const std::int16_t *of_x = q.sums[v * q.sum_stride()].sum;
      sums[tile][v][r] = L::template add_zeros<W>(sums[tile][v][r], tiles[tile].zeros[pair][r], of_x);
    }
  }

  // The integer sums of one group. Advances the operands to the next group.
  template <std::uint32_t kTiles, std::uint32_t kInputs>
  [[gnu::always_inline]] static void dot(Operands<kTiles> &o, std::uint32_t columns,
                                         Sums (&sums)[kTiles][kInputs][kRegisters]) {
    start(sums);
    for (std::uint32_t k = 0; k < columns; k += format::kPair) {
      const std::uint32_t blocks = k + format::kBlock < columns ? 2 : 1;
      for (std::uint32_t half = 0; half < blocks; ++half) add_block(o, half, sums);
      add_zeros(o, sums);
      if (W::has_fine) o.fine += 2 * format::kTileRows;
      o.sums += 1;
    }
  }
};

// The fine bytes of two blocks, for formats in which all are alike.
template <class W>
struct EqualFine {
  std::uint8_t of[2 * format::kTileRows];
};
template <class W>
static constexpr EqualFine<W> kEqualFine = [] {
  EqualFine<W> fine{};
  for (std::uint8_t &byte : fine.of) byte = W::fine;
  return fine;
}();

template <class L, class W>
struct BlockProduct {
  using Floats = typename L::Floats;
  using Sums = typename L::Sums;
  using Dot = BlockDot<L, W>;
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;
  static constexpr std::uint32_t kColumnBytes = W::block_bytes / format::kBlock;  // of a tile

  static constexpr std::uint32_t kTileBytes = 16 << 10;  // of codes that a micro-kernel reads

  static constexpr std::uint32_t kPrepareFrom = L::tuning.unpack_from;

  static std::uint32_t prepared_step(const Matmul &m) { return Groups<L>::whole(m, kUnpackedColumns); }
  static std::uint32_t column_step(const Matmul &m) { return Groups<L>::whole(m, kTileBytes / kColumnBytes); }
  static std::uint64_t tile_bytes(const Matmul &m) { return W::tile_bytes(m.cols, m.group); }
  static std::uint64_t token_bytes(const Matmul &m) { return m.cols; }

  // `stored` are those of the tile, if it has any.
  [[gnu::always_inline]] static const std::byte *fine_bytes(const std::byte *stored) {
    if constexpr (W::has_fine) {
      return stored;
    } else {
      return reinterpret_cast<const std::byte *>(kEqualFine<W>.of);
    }
  }

  template <std::uint32_t kTiles, std::uint32_t kTokens>
  static void micro_kernel(const Matmul &m, Place at) {
    const auto stride = static_cast<std::size_t>(W::tile_bytes(m.cols, m.group));
    const std::size_t block = at.begin / format::kBlock, pair = block / 2;
    const std::byte *w = m.weights + at.tile * stride;
    const auto *codes = reinterpret_cast<const std::int8_t *>(w + W::head_bytes(m.cols, m.group));
    typename Dot::template Operands<kTiles> o{
        .fine = fine_bytes(w + format::group_scale_bytes(m.cols, m.group) + block * format::kTileRows),
        .fine_stride = W::has_fine ? stride : 0,
        .sums = m.q.sums + at.token * m.q.sum_stride() + pair,
        .sum_stride = m.q.sum_stride(),
        .codes = Cursor<kTiles>(codes + std::size_t{at.begin} * kColumnBytes, stride,
                                m.q.codes + at.token * m.q.code_stride + at.begin, m.q.code_stride)};
    Floats sums[kTiles][kTokens][kRegisters];
    TileSums<L>::load(m, at, sums);
    std::uint32_t g = at.begin / m.group;
    for (std::uint32_t k = at.begin; k < at.end; k += m.group, ++g) {
      if (L::tuning.prefetch_blocks && kTokens == 1) {
        o.codes.look_ahead(std::size_t{m.cols - k} * kColumnBytes, stride);
      }
      Sums integers[kTiles][kTokens][kRegisters];
      Dot::dot(o, m.cols - k < m.group ? m.cols - k : m.group, integers);
      Groups<L>::add(w + format::tile_element(0, g) * sizeof(std::uint16_t), stride,
                     m.q.scales + at.token * m.q.group_stride + g, m.q.group_stride, integers, sums);
    }
    TileSums<L>::store(m, at, sums);
  }

  template <std::uint32_t kTiles>
  requires(kPrepareFrom != 0) [[gnu::noinline]] static void prepared(const Matmul &m, Place at, std::uint32_t end) {
    const auto stride = static_cast<std::size_t>(W::tile_bytes(m.cols, m.group));
    const std::byte *w = m.weights + at.tile * stride;
    const std::size_t codes = W::head_bytes(m.cols, m.group) + std::size_t{at.begin} * kColumnBytes;
    const std::size_t fine = format::group_scale_bytes(m.cols, m.group) + at.begin / format::kBlock * format::kTileRows;
    UnpackedBlocks<L, W> tiles[kTiles];
    for (std::uint32_t i = 0; i < kTiles; ++i) {
      const std::byte *tile = w + i * stride;
      tiles[i].unpack(reinterpret_cast<const std::int8_t *>(tile + codes), fine_bytes(tile + fine),
                      W::has_fine ? 2 * format::kTileRows : 0, at.end - at.begin);
    }
    for (; at.token < end; at.token += L::tuning.tokens) multiply<L::tuning.tokens>(tiles, w, stride, m, at);
  }

  // The tiles begin at w and are `stride` bytes apart.
  template <std::uint32_t kTokens, std::uint32_t kTiles>
  [[gnu::always_inline]] static void multiply(const UnpackedBlocks<L, W> (&tiles)[kTiles], const std::byte *w,
                                              std::size_t stride, const Matmul &m, Place at) {
    QuantizedRows q = m.q.from(at.token);
    q.codes += at.begin;
    q.sums += at.begin / format::kPair;
    q.scales += at.begin / m.group;
    Floats sums[kTiles][kTokens][kRegisters];
    TileSums<L>::load(m, at, sums);
    const std::uint32_t columns = at.end - at.begin;
    for (std::uint32_t k = 0; k < columns; k += m.group) {
      const std::uint32_t count = columns - k < m.group ? columns - k : m.group;
      Sums integers[kTiles][kTokens][kRegisters];
      Dot::dot(tiles, k, count, q, integers);
      const std::byte *w_scales = w + format::tile_element(0, (at.begin + k) / m.group) * sizeof(std::uint16_t);
      Groups<L>::add(w_scales, stride, q.scales, q.group_stride, integers, sums);
      q.codes += m.group;
      q.sums += m.group / format::kPair;
      q.scales += 1;
    }
    TileSums<L>::store(m, at, sums);
  }
};

}  // namespace tidbit
