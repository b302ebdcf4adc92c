// UTF-8, one character at a time.
#pragma once

#include "base/types.h"

namespace tidbit {

struct Character {
  std::uint32_t code_point;  // kInvalid for a byte that does not begin a character
  std::uint32_t bytes;       // 1 for an invalid byte
};
inline constexpr std::uint32_t kInvalid = 0xFFFFFFFF;

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Length of the character that this byte begins; 0 if it begins none.
inline std::uint32_t utf8_length(char lead) {
  const unsigned char c = static_cast<unsigned char>(lead);
  if (c < 0x80) return 1;
  if (c < 0xC2) return 0;
  if (c < 0xE0) return 2;
  if (c < 0xF0) return 3;
  return c < 0xF5 ? 4 : 0;
}

// True if `second` may follow `lead`: no overlong forms, no surrogates, nothing above U+10FFFF.
inline bool utf8_second_fits(char lead, char second) {
  const unsigned char c = static_cast<unsigned char>(lead);
  const unsigned char d = static_cast<unsigned char>(second);
  const unsigned low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
  const unsigned high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
  return d >= low && d <= high;
}

// Reads the character at the start of [data, data + size), size > 0.
inline Character utf8_decode(const char *data, std::uint32_t size) {
  const std::uint32_t length = utf8_length(data[0]);
  if (length == 1) return {static_cast<unsigned char>(data[0]), 1};
  if (length == 0 || length > size || !utf8_second_fits(data[0], data[1])) return {kInvalid, 1};
  std::uint32_t code_point = static_cast<unsigned char>(data[0]) & (0x7Fu >> length);
  for (std::uint32_t i = 1; i < length; ++i) {
    if (!is_continuation(data[i])) return {kInvalid, 1};
    code_point = code_point << 6 | (static_cast<unsigned char>(data[i]) & 0x3Fu);
  }
  return {code_point, length};
}

}  // namespace tidbit
