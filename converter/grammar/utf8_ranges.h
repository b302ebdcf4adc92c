// Sets of characters as sequences of ranges of bytes: U+00E0..U+01FF is C3 [A0-BF] or [C4-C7] [80-BF].
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "converter/tokenizer/split_program/char_set.h"

namespace tidbit::convert {

struct ByteRange {
  std::uint8_t first;
  std::uint8_t last;
};

struct ByteRanges {
  std::uint32_t size = 0;
  std::array<ByteRange, 4> bytes = {};
};

// Leaves out surrogates, which UTF-8 does not have.
std::vector<ByteRanges> utf8_ranges(const CharSet &set);

}  // namespace tidbit::convert
