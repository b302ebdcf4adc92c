// Any floats may be logits, and any numbers the parameters. Input: tidbit_sampling, the logits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include "tidbit/tidbit.h"

namespace tidbit::fuzz {
namespace {

// The recent tokens: about half of the vocabulary, some twice, and some ids that it does not have.
std::vector<std::int32_t> recent_of(std::size_t count) {
  std::vector<std::int32_t> recent = {-1, 0, 0, static_cast<std::int32_t>(count)};
  for (std::size_t i = 0; i < count; ++i) recent.push_back(static_cast<std::int32_t>(i * i % count));
  return recent;
}

std::vector<float> penalized(std::vector<float> logits, const std::vector<std::int32_t> &recent, float penalty) {
  if (!(penalty > 0)) return logits;
  for (const std::int32_t token : std::set<std::int32_t>(recent.begin(), recent.end())) {
    if (token < 0 || static_cast<std::size_t>(token) >= logits.size()) continue;
    float &l = logits[static_cast<std::size_t>(token)];
    l = l > 0 ? l / penalty : l * penalty;
  }
  return logits;
}

bool have_meaning(const std::vector<float> &logits) {
  bool any = false;
  for (const float l : logits) {
    if (std::isnan(l)) return false;
    any = any || l > -HUGE_VALF;
  }
  return any;
}

// A log-probability is a number from minus infinity to 0, if the logits have a meaning and none is plus infinity.
void ask(const std::vector<float> &logits) {
  const auto count = static_cast<std::uint32_t>(logits.size());
  const bool sound = have_meaning(logits) && std::find(logits.begin(), logits.end(), HUGE_VALF) == logits.end();
  for (const std::uint32_t token : {0u, count / 2, count - 1}) {
    float value = 1;
    const tidbit_status status = tidbit_logprob(logits.data(), count, static_cast<std::int32_t>(token), &value);
    EXPECT_EQ(status, sound ? TIDBIT_OK : TIDBIT_ERR_NOT_FINITE);
    if (sound) {
      EXPECT_LE(value, 0);
      const float gap = logits[token] - *std::max_element(logits.begin(), logits.end());
      EXPECT_EQ(value == -HUGE_VALF, gap == -HUGE_VALF);
    } else {
      EXPECT_EQ(value, 1);
    }
  }
}

void use(const tidbit_sampling &sampling, const std::vector<float> &logits) {
  const auto recent = recent_of(logits.size());
  std::vector<float> storage = logits;
  tidbit_rng rng{logits.size()};
  std::int32_t token = -1;
  const tidbit_status status = tidbit_sample(storage.data(), static_cast<std::uint32_t>(logits.size()), &sampling, &rng,
                                             recent.data(), static_cast<std::uint32_t>(recent.size()), &token);
  if (status == TIDBIT_ERR_ARGUMENT) return;
  const std::vector<float> expected = penalized(logits, recent, sampling.repeat_penalty);
  EXPECT_EQ(status, have_meaning(expected) ? TIDBIT_OK : TIDBIT_ERR_NOT_FINITE);
  if (status != TIDBIT_OK) return;
  std::size_t best = 0;
  for (std::size_t i = 1; i < expected.size(); ++i) best = expected[i] > expected[best] ? i : best;
  ASSERT_LT(static_cast<std::size_t>(token), expected.size());
  const float chosen = expected[static_cast<std::size_t>(token)];
  EXPECT_GT(chosen, -HUGE_VALF);
  const bool only_best = sampling.temperature <= 0 || sampling.top_k == 1;
  if (only_best) EXPECT_EQ(static_cast<std::size_t>(token), best);
  if (sampling.min_p == 1 || expected[best] == HUGE_VALF) EXPECT_EQ(chosen, expected[best]);
}

}  // namespace
}  // namespace tidbit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  tidbit_sampling sampling;
  if (size < sizeof sampling + sizeof(float)) return 0;
  std::memcpy(&sampling, data, sizeof sampling);
  std::vector<float> logits((size - sizeof sampling) / sizeof(float));
  std::memcpy(logits.data(), data + sizeof sampling, logits.size() * sizeof(float));
  tidbit::fuzz::ask(logits);
  tidbit::fuzz::use(sampling, logits);
  return 0;
}
