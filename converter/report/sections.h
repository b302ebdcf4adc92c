// The parts of the page, each a heading, a picture and a table with its numbers.
#pragma once

#include <string>

#include "converter/report/report.h"

namespace tidbit::convert {

inline constexpr double kDrawingWidth = 1080;

std::string map_section(const Report &report);
std::string error_section(const Report &report);
std::string format_section(const Report &report);
std::string memory_section(const Report &report);

}  // namespace tidbit::convert
