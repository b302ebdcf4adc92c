// Formats of 2, 3 and 5 bits, which no blob has, and their products over any lanes type: what the bodies of blocks
// promise for widths beside 4 bits.
//
// Codes are packed as [lines of 64 bytes], of which a row has 4 bytes each: a string of bits, lowest first.
#pragma once

#include <cstring>

#include "kernels/generic/block_products.h"

namespace tidbit::test {
namespace {  // files compiled for different instruction sets must not share a function

template <std::uint32_t kBits, std::int32_t kUnit>
struct Packed : format::Blocks<kBits, kUnit> {
  static std::uint32_t code(const std::byte *lines, std::uint32_t row, std::uint32_t i) {
    std::uint32_t code = 0;
    for (std::uint32_t b = 0; b < kBits; ++b) {
      const std::uint32_t bit = i * kBits + b, at = bit / 32 * 64 + row * 4 + bit % 32 / 8;
      code |= (static_cast<std::uint32_t>(lines[at]) >> bit % 8 & 1) << b;
    }
    return code;
  }
};
// An odd unit, a zero that does not divide by 4, and a unit and sums that int16 does not hold.
using Bits2 = Packed<2, 1>;
using Bits3 = Packed<3, 3>;
using Bits5 = Packed<5, 12>;

// L with an unpack for each of them. Where kSigned, codes of 5 bits come without their zero.
template <class L, bool kSigned>
struct WithWidths : L {
  using SmallCodes = typename L::SmallCodes;

  template <std::uint32_t kBits, std::size_t kWords, std::size_t kRegisters>
  static void unpack(Width<kBits>, const std::int8_t *&p, SmallCodes (&words)[kWords][kRegisters]) {
    using W = Packed<kBits, 1>;
    std::int8_t codes[kWords][format::kTileRows][4];
    static_assert(sizeof codes == sizeof words);
    constexpr std::uint32_t kZero = kSigned && kBits == 5 ? W::zero : 0;
    for (std::uint32_t i = 0; i < kWords * 4; ++i) {
      for (std::uint32_t row = 0; row < format::kTileRows; ++row) {
        const std::uint32_t code = W::code(reinterpret_cast<const std::byte *>(p), row, i);
        codes[i / 4][row][i % 4] = static_cast<std::int8_t>(code - kZero);
      }
    }
    std::memcpy(words, codes, sizeof codes);
    p += kUnpackedLines<W> * 64;
  }
};

}  // namespace

struct WidthProducts {
  MatmulKernel bits2, bits3, bits5;
};

template <class L, bool kSigned>
constexpr WidthProducts width_products() {
  using With = WithWidths<L, kSigned>;
  return {&Walk<With, BlockProduct<With, Bits2>>::matmul, &Walk<With, BlockProduct<With, Bits3>>::matmul,
          &Walk<With, BlockProduct<With, Bits5>>::matmul};
}

}  // namespace tidbit::test
