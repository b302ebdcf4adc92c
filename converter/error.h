// The converter's only exception. The message says what is wrong, where, and what to do.
#pragma once

#include <stdexcept>

namespace tidbit::convert {

struct ConvertError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tidbit::convert
