// The models whose session images are forged.
#pragma once

#include <vector>

#include "tests/support/tiny_model.h"

namespace tidbit::fuzz {

inline std::vector<test::TinyModel> models() {
  using format::Format;
  return {test::tiny_llama(Format::q8, Format::q8),
          test::tiny_llama(Format::q4, Format::f16),
          test::tiny_first_gpt(Format::f32, Format::f32),
          test::tiny_window(Format::q8),
          test::tiny_convolution(),
          test::tiny_shared(Format::q8)};
}

}  // namespace tidbit::fuzz
