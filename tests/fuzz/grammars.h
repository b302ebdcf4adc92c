// For the front ends of grammars.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "converter/error.h"
#include "converter/grammar/compile.h"
#include "tidbit/tidbit.h"

namespace tidbit::fuzz {

template <class Compile>
void compile(const std::string &text, Compile compile_it) {
  std::vector<std::byte> bytes;
  try {
    bytes = compile_it(text, "input");
  } catch (const convert::ConvertError &error) {
    EXPECT_STRNE(error.what(), "");
    return;
  }
  tidbit_grammar grammar;
  EXPECT_EQ(tidbit_grammar_open(bytes.data(), bytes.size(), &grammar, nullptr), TIDBIT_OK);
}

}  // namespace tidbit::fuzz
