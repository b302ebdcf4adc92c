// How codes of 1 to 6 bits are packed. The codes of 16 rows are lines of 64 bytes, of which a row has 4 bytes: byte j
// of a row has codes of columns 4 w + j, for several words w. The fewest lines that hold whole words are unpacked
// together:
//
//   bits   lines  words      byte of a line, highest bits first
//   1      1      8          w7 w6 w5 w4 w3 w2 w1 w0
//   2      1      4          w3 w2 w1 w0
//   4      1      2          w1 w0
//   3      3      8          (rest 2 bits)  w1 w0 | w3 w2 | w5 w4
//   5      5      8          (rest 3 bits)  w0 | w1 | w2 | w3 | w4
//   6      3      4          (rest 2 bits)  w0 | w1 | w2
//
// The remaining n words are in the rests: the low bits of the i-th of them are the whole rest of line i, and the rests
// of lines n, n + 1, .. are a string of bits, lowest first, from which one word after the other takes what it lacks.
// So masks and shifts of whole lines unpack any width, and few words consist of several pieces.
#pragma once

#include "format/format.h"

namespace tidbit::format {

// Bits [from, from + bits) of a line's bytes, which are bits [to, to + bits) of a code.
struct CodePiece {
  std::uint8_t line, from, bits, to;
};

struct CodePieces {
  static constexpr std::uint32_t kMost = 3;
  std::uint8_t count = 0;
  CodePiece of[kMost] = {};
};

// The fewest lines that hold whole words, and their words.
template <std::uint32_t kBits>
struct CodeLines {
  static_assert(kBits >= 1 && kBits <= 6);
  static constexpr std::uint32_t lines = kBits / (kBits & -kBits);
  static constexpr std::uint32_t words = 8 / (kBits & -kBits);

  CodePieces of[words];
};

// Bits [to, to + kBits) of the codes are stored; the others are zeros.
template <std::uint32_t kBits, std::uint32_t kTo>
consteval CodeLines<kBits> make_code_lines() {
  using Lines = CodeLines<kBits>;
  constexpr std::uint32_t kWhole = 8 / kBits, kRest = 8 % kBits, kFirst = Lines::lines * kWhole;
  Lines all{};
  const auto add = [&](std::uint32_t word, std::uint32_t line, std::uint32_t from, std::uint32_t bits,
                       std::uint32_t to) {
    CodePieces &pieces = all.of[word];
    pieces.of[pieces.count++] = {static_cast<std::uint8_t>(line), static_cast<std::uint8_t>(from),
                                 static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(to)};
  };
  for (std::uint32_t w = 0; w < kFirst; ++w) add(w, w / kWhole, w % kWhole * kBits, kBits, kTo);
  static_assert(kRest == 0 || kTo == 0);
  std::uint32_t line = Lines::words - kFirst, used = 0;
  for (std::uint32_t w = kFirst; w < Lines::words; ++w) {
    add(w, w - kFirst, 8 - kRest, kRest, 0);
    for (std::uint32_t to = kRest; to < kBits;) {
      const std::uint32_t left = kRest - used, lacks = kBits - to, n = left < lacks ? left : lacks;
      add(w, line, 8 - kRest + used, n, to);
      to += n;
      used += n;
      if (used == kRest) {
        ++line;
        used = 0;
      }
    }
  }
  return all;
}

// Internal, because a member of a template would be a weak symbol, which a linker could take from a file that was
// compiled for another CPU.
template <std::uint32_t kBits, std::uint32_t kTo>
static constexpr CodeLines<kBits> kCodeLines = make_code_lines<kBits, kTo>();

template <std::uint32_t kBits, std::uint32_t kTo = 0>
struct PackedCodes {
  static constexpr std::uint32_t bits = kBits, to = kTo;
  static constexpr std::uint32_t lines = CodeLines<kBits>::lines, words = CodeLines<kBits>::words;

  // Calls body(offset of a byte among a tile's codes, piece) for each piece of a code.
  template <class Body>
  [[gnu::always_inline]] static void each_piece(std::uint32_t row, std::uint32_t col, Body body) {
    const std::uint32_t unit = col / (4 * words) * (lines * kTileRows * 4), word = col / 4 % words;
    const std::uint32_t at = unit + row * 4 + col % 4;
    if constexpr (lines == 1) {
      body(at, CodePiece{0, static_cast<std::uint8_t>(word * kBits), kBits, kTo});
    } else {
      const CodePieces &all = kCodeLines<kBits, kTo>.of[word];
      for (std::uint32_t i = 0; i < all.count; ++i) body(at + all.of[i].line * kTileRows * 4, all.of[i]);
    }
  }

  [[gnu::always_inline]] static std::int32_t read(const std::byte *codes, std::uint32_t row, std::uint32_t col) {
    std::uint32_t code = 0;
    each_piece(row, col, [&](std::uint32_t at, CodePiece p) {
      code |= (static_cast<std::uint32_t>(codes[at]) >> p.from & ((1u << p.bits) - 1)) << p.to;
    });
    return static_cast<std::int32_t>(code);
  }

  // Writes a code where there are zeros.
  static void write(std::byte *codes, std::uint32_t row, std::uint32_t col, std::uint32_t code) {
    each_piece(row, col, [&](std::uint32_t at, CodePiece p) {
      const std::uint32_t bits = (code >> p.to & ((1u << p.bits) - 1)) << p.from;
      codes[at] = static_cast<std::byte>(static_cast<std::uint32_t>(codes[at]) | bits);
    });
  }
};

}  // namespace tidbit::format
