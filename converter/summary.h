// What the converter says at the end.
#pragma once

#include <string>

#include "converter/convert.h"

namespace tidbit::convert {

std::string summary(const ConvertReport &report, const ConvertOptions &options);

}  // namespace tidbit::convert
