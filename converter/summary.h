// What the converter says at the end.
#pragma once

#include <string>

#include "converter/convert.h"

namespace tidbit::convert {

// The text as one line that a terminal shows: names come from files and may hold control characters.
std::string one_line(std::string text);

std::string summary(const ConvertReport &report, const ConvertOptions &options);

}  // namespace tidbit::convert
