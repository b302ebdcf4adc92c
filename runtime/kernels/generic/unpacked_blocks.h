// Codes of a few bits that many tokens are multiplied with: some columns of a tile, unpacked once for all tokens.
//
//   4 bits, width 8     packed line 0 | w1 w0 | ..  ->  codes[0] = { rows 0 .. 7: c c c c | .. , rows 8 .. 15 }
//                                                       codes[1] = the same of columns 4 to 7, and so on
//
// If codes times their block's scale fit a byte, a lanes type may store those, so that a group is one sum, as with q8.
#pragma once

#include "kernels/generic/unpack.h"

namespace tidbit {

template <class L, class W>
inline constexpr bool kScalesCodes = 15 * (2 * W::zero) < 256 &&
                                     requires(typename L::SmallCodes codes, typename L::Scales scale) {
  L::template scale_codes<W>(codes, scale);
};

inline constexpr std::uint32_t kUnpackedColumns = 1024;

// 19 KB.
template <class L, class W>
struct UnpackedBlocks {
  static constexpr std::uint32_t kRegisters = kTileRegisters<L>;

  alignas(64) typename L::SmallCodes codes[kUnpackedColumns / 4][kRegisters];
  typename L::Scales scales[kUnpackedColumns / format::kBlock][kRegisters];
  typename L::Zeros zeros[kUnpackedColumns / format::kPair][kRegisters];

  // `count` columns. The fine bytes of a pair of blocks are fine_step bytes after those of the last.
  void unpack(const std::int8_t *packed, const std::byte *fine, std::size_t fine_step, std::uint32_t count) {
    for (std::uint32_t block = 0; block * format::kBlock < count; ++block) {
      const std::uint32_t half = block % 2;
      L::template load_scales<W>(fine + half * format::kTileRows, scales[block]);
      auto *words = codes + std::size_t{block} * (format::kBlock / 4);
      for (std::uint32_t i = 0; i < format::kBlock / 4; i += kUnpackedWords<W>) {
        unpack_lines(packed, scales[block], words + i);
      }
      if (half == 0) load_zeros(fine, zeros[block / 2]);
      fine += half * fine_step;
    }
  }

 private:
  static void unpack_lines(const std::int8_t *&packed, const typename L::Scales (&scale)[kRegisters],
                           typename L::SmallCodes (*to)[kRegisters]) {
    typename L::SmallCodes words[kUnpackedWords<W>][kRegisters];
    tidbit::unpack<L, W>(packed, words);
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kUnpackedWords<W> * kRegisters; ++i) {
      const auto &from = words[i / kRegisters][i % kRegisters];
      auto &code = to[i / kRegisters][i % kRegisters];
      if constexpr (kScalesCodes<L, W>) {
        code = L::template scale_codes<W>(from, scale[i % kRegisters]);
      } else {
        code = from;
      }
    }
  }

  static void load_zeros(const std::byte *fine, typename L::Zeros (&to)[kRegisters]) {
    if constexpr (kScalesCodes<L, W>) {
      L::template load_all_zeros<W>(fine, to);
    } else {
      L::template load_zeros<W>(fine, to);
    }
  }
};

}  // namespace tidbit
