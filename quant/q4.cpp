// q4: 4.375 bits per weight. On normally distributed weights its error is 7.3% of their spread. Alternatives of about
// the same size: symmetric codes with signed 4-bit block scales (4.25 bits) have an error of 8.4%, one f16 scale per 32
// symmetric codes (4.5 bits) 8.6%, 6-bit scales and shifts (4.5 bits) 7.2%. A codebook of 16 values would be as slow as
// q8 on AVX2.
#include "format/q4.h"

#include "quant/blocks.h"
#include "quant/packing.h"

namespace tidbit::quant {
namespace {

using format::Q4;

void pack_row(const float *x, std::uint32_t row, std::uint32_t cols, std::uint32_t group, std::byte *tile) {
  pack_block_row<Q4>(x, row, cols, group, tile, [row](std::byte *codes, std::uint32_t col, std::uint8_t code) {
    codes[Q4::code_byte(row, col)] |= static_cast<std::byte>(code << Q4::code_bit(col));
  });
}

}  // namespace

const Packing kQ4Packing = {Q4::format, BlockQuantizer<Q4>::kLargest, pack_row};

}  // namespace tidbit::quant
