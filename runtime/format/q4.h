// q4: 4-bit codes in blocks (blocks.h), 4.375 bits per weight with groups of 128. Codes are packed as
//   [8 columns][16 rows][4 bytes]: byte j of a row has column j in its low nibble and column 4 + j in its high nibble
// so that masking a 64-byte line gives the codes of 16 rows in 4 columns, and shifting it first, those in the next 4.
#pragma once

#include "format/blocks.h"

namespace tidbit::format {

struct Q4 : Blocks<4, 6> {
  static constexpr Format format = Format::q4;
  static constexpr const char *name = "q4";
  static constexpr Input input = Input::codes;

  // The byte among a tile's codes, and the bits to shift it by.
  [[gnu::always_inline]] static constexpr std::uint32_t code_byte(std::uint32_t row, std::uint32_t col) {
    return col / 8 * (kTileRows * 4) + row * 4 + col % 4;
  }
  [[gnu::always_inline]] static constexpr std::uint32_t code_bit(std::uint32_t col) { return col % 8 >= 4 ? 4 : 0; }

  [[gnu::always_inline]] static void read_row(const TileRow &r, float *out) {
    read_block_row(r, out, [&](const std::byte *codes, std::uint32_t k) {
      return static_cast<std::int32_t>(codes[code_byte(r.row, k)]) >> code_bit(k) & 15;
    });
  }
};

}  // namespace tidbit::format
