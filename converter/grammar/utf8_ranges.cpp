#include "converter/grammar/utf8_ranges.h"

#include <algorithm>

namespace tidbit::convert {
namespace {

constexpr std::array<std::uint32_t, 4> kLastOfLength = {0x7F, 0x7FF, 0xFFFF, kLastCodePoint};

std::array<std::uint8_t, 4> encode(std::uint32_t c, std::uint32_t size) {
  constexpr std::array<std::uint32_t, 4> kLead = {0, 0xC0, 0xE0, 0xF0};
  std::array<std::uint8_t, 4> bytes = {};
  for (std::uint32_t i = size - 1; i > 0; --i, c >>= 6) bytes[i] = static_cast<std::uint8_t>(0x80 | (c & 0x3F));
  bytes[0] = static_cast<std::uint8_t>(kLead[size - 1] | c);
  return bytes;
}

// All characters of the range have `size` bytes. It is cut until the bytes behind the first that differs are all there
// are: for each such byte, before the first and behind the last place where it starts over.
void split(std::uint32_t first, std::uint32_t last, std::uint32_t size, std::vector<ByteRanges> &out) {
  while (first <= last) {
    std::uint32_t end = last;
    for (std::uint32_t low = 1; low < size; ++low) {
      const std::uint32_t mask = (std::uint32_t{1} << (6 * low)) - 1;
      if ((first & ~mask) == (end & ~mask)) break;
      if ((first & mask) != 0) {
        end = first | mask;
      } else if ((end & mask) != mask) {
        end = (end & ~mask) - 1;
      }
    }
    const auto low = encode(first, size), high = encode(end, size);
    ByteRanges ranges;
    ranges.size = size;
    for (std::uint32_t i = 0; i < size; ++i) ranges.bytes[i] = {low[i], high[i]};
    out.push_back(ranges);
    first = end + 1;
  }
}

}  // namespace

std::vector<ByteRanges> utf8_ranges(const CharSet &set) {
  const CharSet allowed = intersection(set, {{0, 0xD7FF}, {0xE000, kLastCodePoint}});
  std::vector<ByteRanges> out;
  for (const CharRange &range : allowed) {
    std::uint32_t begin = 0;
    for (std::uint32_t size = 1; size <= 4; ++size) {
      const std::uint32_t first = std::max(range.first, begin), last = std::min(range.last, kLastOfLength[size - 1]);
      if (first <= last) split(first, last, size, out);
      begin = kLastOfLength[size - 1] + 1;
    }
  }
  return out;
}

}  // namespace tidbit::convert
