// Any bytes may be a grammar. One that passes the check can be walked with any bytes, and always allows one more or may
// end. Input: the grammar; its last 64 bytes choose the text.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "grammar/walk.h"
#include "tidbit/tidbit.h"

namespace tidbit::fuzz {
namespace {

// The next byte that is allowed, beginning the search at `byte`; -1 if there is none.
int next_allowed(Walk &walk, std::uint32_t at, std::uint8_t byte) {
  for (int i = 0; i < 256; ++i) {
    const auto candidate = static_cast<std::uint8_t>(byte + i);
    if (walk.step(at, candidate)) return candidate;
  }
  return -1;
}

void use(const tidbit_grammar &grammar, const std::uint8_t *choices) {
  tidbit_grammar_state state;
  ASSERT_EQ(tidbit_grammar_start(&grammar, 0, &state), TIDBIT_OK);
  const Grammar view = grammar_of(&grammar);
  for (std::uint32_t i = 0; i < 64; ++i) {
    Walk walk(view, state);
    if (next_allowed(walk, 0, choices[i]) < 0) {
      ASSERT_EQ(tidbit_grammar_may_end(&grammar, &state), 1);
      return;
    }
    walk.get(1, state);
    ASSERT_TRUE(is_sound(view, state));
  }
  Walk walk(view, state);
  std::uint32_t at = 0;
  while (at < kMaxGrammarToken && walk.step(at, choices[at])) ++at;
  walk.get(at, state);
  ASSERT_TRUE(is_sound(view, state));
}

}  // namespace
}  // namespace tidbit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size < 64) return 0;
  std::vector<std::uint32_t> aligned((size - 64) / 4 + 1);
  std::memcpy(aligned.data(), data, size - 64);
  tidbit_grammar grammar;
  std::uint64_t fault = 0;
  const tidbit_status status = tidbit_grammar_open(aligned.data(), size - 64, &grammar, &fault);
  EXPECT_LE(fault, size);
  if (status == TIDBIT_OK) tidbit::fuzz::use(grammar, data + size - 64);
  return 0;
}
