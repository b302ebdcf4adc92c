#include "converter/numbers.h"

#include <algorithm>
#include <cstdio>

namespace tidbit::convert {
namespace {

// Digits behind the point that make three in all.
int digits_of(double value) { return value < 10 ? 2 : value < 100 ? 1 : 0; }

}  // namespace

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string rounded_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " bytes";
  auto value = static_cast<double>(bytes) / 1024;
  const char *unit = "KB";
  for (const char *larger : {"MB", "GB", "TB"}) {
    if (value < 1000) break;
    value /= 1024;
    unit = larger;
  }
  return fixed(value, digits_of(value)) + " " + unit;
}

std::string percent(double ratio) {
  const double value = ratio * 100;
  if (value == 0) return "0%";
  if (value < 0.0005) return "<0.001%";
  return fixed(value, value < 0.1 ? 3 : digits_of(value)) + "%";
}

}  // namespace tidbit::convert
