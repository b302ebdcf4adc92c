// Any text may be an answer. Its values are inside it, and do not depend on where tokens end. Input: the text.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tidbit/tidbit.h"

namespace tidbit::fuzz {
namespace {

// In pieces of `size` bytes, each with a log-probability of -1.
tidbit_confidence read(const char *text, std::uint32_t bytes, std::uint32_t size) {
  tidbit_confidence confidence{};
  for (std::uint32_t at = 0; at < bytes; at += size) {
    EXPECT_EQ(tidbit_confidence_add(&confidence, text + at, std::min(size, bytes - at), -1), TIDBIT_OK);
  }
  return confidence;
}

}  // namespace
}  // namespace tidbit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit::fuzz;
  const auto *text = reinterpret_cast<const char *>(data);
  const auto bytes = static_cast<std::uint32_t>(size);
  const tidbit_confidence one = read(text, bytes, 1), many = read(text, bytes, 7);
  EXPECT_EQ(one.bytes, bytes);
  EXPECT_EQ(one.logprob, -static_cast<float>(bytes));
  EXPECT_EQ(one.count, many.count);
  EXPECT_LE(one.count, bytes);
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(one.count, TIDBIT_VALUES); ++i) {
    const tidbit_value &a = one.values[i], &b = many.values[i];
    EXPECT_EQ(a.text, b.text);
    EXPECT_EQ(a.text_bytes, b.text_bytes);
    EXPECT_LE(a.text + a.text_bytes, bytes);
    EXPECT_LE(a.name + a.name_bytes, a.text);
    EXPECT_LE(-a.logprob, static_cast<float>(a.text_bytes + 1));
  }
  return 0;
}
