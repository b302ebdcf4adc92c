// Numbers as people read them, in the summary and in the report.
#pragma once

#include <cstdint>
#include <string>

namespace tidbit::convert {

std::string fixed(double value, int digits);

// 1234567 as "1,234,567"
std::string grouped(std::uint64_t value);

// 1234567 as "1.18 MB": three digits, in units of 1024
std::string rounded_bytes(std::uint64_t bytes);

// 0.01234 as "1.23%": three digits, or three behind the point
std::string percent(double ratio);

}  // namespace tidbit::convert
