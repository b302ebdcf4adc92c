// What the converter prints at the end.
#pragma once

#include <string>

#include "converter/convert.h"

namespace tidbit::convert {

// The text as one printable line. Names come from files and may contain control characters.
std::string one_line(std::string text);

// "llama, 5 layers, width 64, ...": the numbers of the model
std::string model_shape(const ConvertReport &report);

std::string summary(const ConvertReport &report, const ConvertOptions &options);

}  // namespace tidbit::convert
