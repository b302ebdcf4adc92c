// The converter's only exception. The message says what is wrong, where, and what to do.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace tidbit::convert {

struct ConvertError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Text from a file, for a message: cut where it would hide the rest, between two characters of UTF-8.
inline std::string shortened(std::string_view text) {
  constexpr std::size_t kMost = 100;
  if (text.size() <= kMost) return std::string(text);
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append("...");
}

inline std::string in_quotes(std::string_view text) {
  return std::string(1, '"').append(shortened(text)).append(1, '"');
}

}  // namespace tidbit::convert
