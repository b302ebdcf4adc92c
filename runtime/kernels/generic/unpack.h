// Unpacks lines of codes of a few bits by the pieces of their packing (format/packing.h), for any lanes type:
//
//   6 bits   line 0  | rrcccccc .. |       word 0: take<0, 6, 0>(line 0)
//            line 1  | rrcccccc .. |  ->   word 1, word 2: the same of lines 1 and 2
//            line 2  | rrcccccc .. |       word 3: take<6, 2, 0>(line 0), take<6, 2, 2>(line 1), take<6, 2, 4>(line 2)
#pragma once

#include "kernels/lanes.h"

namespace tidbit {

template <class L, class W, std::uint32_t word, std::uint32_t piece>
[[gnu::always_inline]] static inline auto take_piece(const typename L::Packed (&lines)[kUnpackedLines<W>]) {
  constexpr format::CodePiece kPiece = format::kCodeLines<W::Packing::bits, W::Packing::to>.of[word].of[piece];
  return L::template take<kPiece.from, kPiece.bits, kPiece.to>(lines[kPiece.line]);
}

template <class L, class W, std::uint32_t word>
[[gnu::always_inline]] static inline auto unpack_word(const typename L::Packed (&lines)[kUnpackedLines<W>]) {
  constexpr std::uint32_t kPieces = format::kCodeLines<W::Packing::bits, W::Packing::to>.of[word].count;
  auto codes = take_piece<L, W, word, 0>(lines);
  if constexpr (kPieces > 1) codes = L::join(codes, take_piece<L, W, word, 1>(lines));
  if constexpr (kPieces > 2) codes = L::join(codes, take_piece<L, W, word, 2>(lines));
  return codes;
}

// Calls body.template operator()<word>(codes) for each word that the same register of some lines holds.
template <class L, class W, class Body, std::uint32_t... word>
[[gnu::always_inline]] static inline void each_word(const typename L::Packed (&lines)[kUnpackedLines<W>], Body body,
                                                    Indices<word...>) {
  (body.template operator()<word>(unpack_word<L, W, word>(lines)), ...);
}
template <class L, class W, class Body>
[[gnu::always_inline]] static inline void each_word(const typename L::Packed (&lines)[kUnpackedLines<W>], Body body) {
  each_word<L, W>(lines, body, IndicesTo<kUnpackedWords<W>>{});
}

// Advances p to the next lines.
template <class L, class W>
[[gnu::always_inline]] static inline void unpack(
    const std::int8_t *&p, typename L::SmallCodes (&words)[kUnpackedWords<W>][kTileRegisters<L>]) {
#pragma GCC unroll 16
  for (std::uint32_t r = 0; r < kTileRegisters<L>; ++r) {
    typename L::Packed lines[kUnpackedLines<W>];
#pragma GCC unroll 8
    for (std::uint32_t i = 0; i < kUnpackedLines<W>; ++i) lines[i] = L::load_packed(p + i * 64, r);
    each_word<L, W>(lines, [&]<std::uint32_t word>(typename L::SmallCodes codes) { words[word][r] = codes; });
  }
  for (std::uint32_t i = 0; i < kUnpackedLines<W>; ++i) {
    if constexpr (requires { L::next(p); }) {
      p = L::next(p);
    } else {
      p += 64;
    }
  }
}

}  // namespace tidbit
