// The poll hook: how often it is called, and what canceling does.
#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

using format::Format;

constexpr std::uint32_t kVocab = 50;

// Counts its calls, and cancels from one of them on.
struct Hook {
  std::uint32_t calls = 0;
  std::uint32_t cancel_at = ~0u;

  static int call(void *user) {
    auto *hook = static_cast<Hook *>(user);
    return hook->calls++ >= hook->cancel_at ? 1 : 0;
  }
};

tidbit_options options_with(Hook &hook, std::uint32_t poll_work) {
  tidbit_options o{};
  o.poll = Hook::call;
  o.poll_user = &hook;
  o.poll_work = poll_work;
  return o;
}

class Poll : public ::testing::TestWithParam<TinyModel> {
 protected:
  void SetUp() override { ASSERT_EQ(tidbit_open(blob_.data(), blob_.size(), &model_, nullptr), TIDBIT_OK); }

  AlignedBytes blob_ = build_blob(GetParam());
  tidbit_model model_;
  std::vector<int32_t> tokens_ = some_tokens(kVocab, 40);
};

TEST_P(Poll, IntervalChangesNoBit) {
  Runner plain(model_, {});
  const std::uint64_t expected = hash_of(plain.logits_of(tokens_, 16, kVocab));
  for (const std::uint32_t work : {1u, 100u, 3000u, 65536u, ~0u}) {
    Hook hook;
    Runner runner(model_, options_with(hook, work));
    EXPECT_EQ(hash_of(runner.logits_of(tokens_, 16, kVocab)), expected) << work;
  }
}

TEST_P(Poll, ShorterIntervalsAreMoreCalls) {
  std::uint32_t before = 0;
  for (const std::uint32_t work : {~0u, 1u}) {
    Hook hook;
    Runner runner(model_, options_with(hook, work));
    runner.logits_of(tokens_, 16, kVocab);
    EXPECT_GT(hook.calls, before) << work;
    before = hook.calls;
  }
  // With the shortest interval, each tile of a product is a call: 3 chunks, 2 layers, 4 matrices of at least 2 tiles.
  EXPECT_GT(before, 3u * 2 * 4 * 2);
}

TEST_P(Poll, WithTheShortestIntervalEachQueryIsACall) {
  Hook hook;
  Runner runner(model_, options_with(hook, 1));
  ASSERT_EQ(tidbit_prefill(runner.session(), tokens_.data(), 40, 0, nullptr), TIDBIT_OK);
  tidbit_model_info info;
  ASSERT_EQ(tidbit_info(&model_, &info), TIDBIT_OK);
  EXPECT_GE(hook.calls, 40 * info.layers * info.heads);
}

TEST_P(Poll, IsCalledDuringTheLogits) {
  Hook hook;
  Runner runner(model_, options_with(hook, 1));
  ASSERT_EQ(tidbit_prefill(runner.session(), tokens_.data(), 1, 0, nullptr), TIDBIT_OK);
  hook.calls = 0;
  float *logits = nullptr;
  EXPECT_EQ(tidbit_logits(runner.session(), &logits, nullptr), TIDBIT_OK);
  EXPECT_GE(hook.calls, 4u);  // 50 rows are 4 tiles
}

TEST_P(Poll, CanceledAnywhereTheTokensCanBeFedAgain) {
  Runner plain(model_, {});
  const std::vector<float> rows = plain.logits_of(tokens_, 16, kVocab);
  const std::uint64_t expected = hash_of({rows.end() - kVocab, rows.end()});
  Hook hook;
  Runner runner(model_, options_with(hook, 500));
  tidbit_session *s = runner.session();
  for (std::uint32_t at = 0;; at += 7) {
    ASSERT_EQ(tidbit_reset(s), TIDBIT_OK);
    hook = {0, at};
    std::uint32_t fed = 0;
    const tidbit_status status = tidbit_prefill(s, tokens_.data(), 40, 0, &fed);
    hook.cancel_at = ~0u;
    if (status == TIDBIT_OK) break;
    ASSERT_EQ(status, TIDBIT_CANCELED);
    EXPECT_EQ(fed % 16, 0u);
    EXPECT_EQ(tidbit_position(s), fed);
    ASSERT_EQ(tidbit_prefill(s, tokens_.data() + fed, 40 - fed, 0, nullptr), TIDBIT_OK);
    float *logits = nullptr;
    ASSERT_EQ(tidbit_logits(s, &logits, nullptr), TIDBIT_OK);
    ASSERT_EQ(hash_of({logits, logits + kVocab}), expected) << "canceled at call " << at;
  }
}

TEST_P(Poll, CanceledLogitsCanBeComputedAgain) {
  Hook hook;
  Runner runner(model_, options_with(hook, 1));
  tidbit_session *s = runner.session();
  ASSERT_EQ(tidbit_prefill(s, tokens_.data(), 5, 0, nullptr), TIDBIT_OK);
  float *logits = nullptr;
  ASSERT_EQ(tidbit_logits(s, &logits, nullptr), TIDBIT_OK);
  const std::uint64_t expected = hash_of({logits, logits + kVocab});
  hook = {0, 2};
  EXPECT_EQ(tidbit_logits(s, &logits, nullptr), TIDBIT_CANCELED);
  hook.cancel_at = ~0u;
  ASSERT_EQ(tidbit_logits(s, &logits, nullptr), TIDBIT_OK);
  EXPECT_EQ(hash_of({logits, logits + kVocab}), expected);
}

TEST_P(Poll, IsCalledByLayerWithSeveralWorkers) {
  Hook hook;
  tidbit_options o = options_with(hook, 1);
  o.workers = 3;
  o.parallel_for = backwards;
  Runner runner(model_, o);
  ASSERT_EQ(tidbit_prefill(runner.session(), tokens_.data(), 40, 0, nullptr), TIDBIT_OK);
  tidbit_model_info info;
  ASSERT_EQ(tidbit_info(&model_, &info), TIDBIT_OK);
  EXPECT_EQ(hook.calls, 3 * info.layers);  // 40 tokens are 3 chunks
}

INSTANTIATE_TEST_SUITE_P(Models, Poll,
                         ::testing::Values(tiny_llama(), tiny_llama(Format::q8, Format::q8),
                                           tiny_llama(Format::q4, Format::f16), tiny_gpt2(), tiny_mixed(),
                                           tiny_window(), tiny_convolution(), tiny_experts(), tiny_shared()));

}  // namespace
}  // namespace tidbit::test
