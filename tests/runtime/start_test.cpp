// tidbit_start and tidbit_next give what their parts give.
#include <cstring>

#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

constexpr std::uint32_t kVocab = 50;

struct Started {
  AlignedBytes blob, buffer;
  tidbit_model model{};
  tidbit_session *session = nullptr;

  explicit Started(const TinyModel &tiny, const tidbit_options *options = nullptr)
      : blob(build_blob(tiny)), buffer(bytes_of(blob, options)) {
    EXPECT_EQ(tidbit_start(blob.data(), blob.size(), options, buffer.data(), buffer.size(), &model, &session, nullptr),
              TIDBIT_OK);
  }

  static std::uint64_t bytes_of(const AlignedBytes &blob, const tidbit_options *options) {
    const tidbit_options defaults{};
    tidbit_model model;
    tidbit_plan_result plan;
    EXPECT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_OK);
    EXPECT_EQ(tidbit_plan(&model, options != nullptr ? options : &defaults, &plan), TIDBIT_OK);
    return plan.total;
  }
};

TEST(Start, GivesASessionWithTheDefaultOptions) {
  Started s(tiny_llama());
  EXPECT_EQ(tidbit_context(s.session), 64u);
  EXPECT_EQ(tidbit_position(s.session), 0u);
}

TEST(Start, SaysWhereTheBlobIsWrong) {
  AlignedBytes blob = build_blob(tiny_llama()), buffer(1 << 16);
  blob.data()[offsetof(format::Header, stack_count)] = std::byte{9};
  tidbit_model model;
  tidbit_session *session = nullptr;
  std::uint64_t detail = 0;
  EXPECT_EQ(tidbit_start(blob.data(), blob.size(), nullptr, buffer.data(), buffer.size(), &model, &session, &detail),
            TIDBIT_ERR_CONFIG);
  EXPECT_EQ(detail, offsetof(format::Header, stack_count));
  EXPECT_EQ(session, nullptr);
}

TEST(Start, SaysHowManyBytesAreMissing) {
  const AlignedBytes blob = build_blob(tiny_llama());
  AlignedBytes buffer(Started::bytes_of(blob, nullptr));
  tidbit_model model;
  tidbit_session *session = nullptr;
  std::uint64_t detail = 0;
  EXPECT_EQ(
      tidbit_start(blob.data(), blob.size(), nullptr, buffer.data(), buffer.size() - 3, &model, &session, &detail),
      TIDBIT_ERR_MEMORY);
  EXPECT_EQ(detail, 3u);
}

TEST(Next, GivesTheTokensOfLogitsSampleAndPrefill) {
  Started one(tiny_llama()), two(tiny_llama());
  const tidbit_sampling sampling{.temperature = 1, .top_k = 0, .top_p = 0.9f, .min_p = 0, .repeat_penalty = 1.2f};
  tidbit_rng rng_one{7}, rng_two{7};
  std::vector<std::int32_t> tokens = {3};
  ASSERT_EQ(tidbit_prefill(one.session, tokens.data(), 1, 0, nullptr), TIDBIT_OK);
  ASSERT_EQ(tidbit_prefill(two.session, tokens.data(), 1, 0, nullptr), TIDBIT_OK);
  for (int i = 0; i < 40; ++i) {
    const auto recent = static_cast<std::uint32_t>(tokens.size());
    std::int32_t next = -1, expected = -1;
    ASSERT_EQ(tidbit_next(one.session, &sampling, &rng_one, tokens.data(), recent, &next), TIDBIT_OK);
    float *logits = nullptr;
    std::uint32_t count = 0;
    ASSERT_EQ(tidbit_logits(two.session, &logits, &count), TIDBIT_OK);
    EXPECT_EQ(count, kVocab);
    ASSERT_EQ(tidbit_sample(logits, count, &sampling, &rng_two, tokens.data(), recent, &expected), TIDBIT_OK);
    ASSERT_EQ(next, expected);
    if (tidbit_is_end(&one.model, next) != 0) break;
    ASSERT_EQ(tidbit_prefill(two.session, &expected, 1, 0, nullptr), TIDBIT_OK);
    EXPECT_EQ(tidbit_position(one.session), tidbit_position(two.session));
    tokens.push_back(next);
  }
  EXPECT_GT(tokens.size(), 5u);
}

TEST(Next, DoesNotFeedATokenThatEndsTheText) {
  TinyModel tiny = tiny_llama();
  Started first(tiny);
  const tidbit_sampling greedy{};
  const std::int32_t begin = 3;
  std::int32_t token = -1;
  ASSERT_EQ(tidbit_prefill(first.session, &begin, 1, 0, nullptr), TIDBIT_OK);
  ASSERT_EQ(tidbit_next(first.session, &greedy, nullptr, nullptr, 0, &token), TIDBIT_OK);
  EXPECT_EQ(tidbit_position(first.session), 2u);

  tiny.config.end_token_count = 1;
  tiny.config.end_tokens[0] = token;
  Started second(tiny);
  ASSERT_EQ(tidbit_prefill(second.session, &begin, 1, 0, nullptr), TIDBIT_OK);
  ASSERT_EQ(tidbit_next(second.session, &greedy, nullptr, nullptr, 0, &token), TIDBIT_OK);
  EXPECT_EQ(token, tiny.config.end_tokens[0]);
  EXPECT_EQ(tidbit_is_end(&second.model, token), 1);
  EXPECT_EQ(tidbit_position(second.session), 1u);
}

TEST(Next, StopsWhereTheContextIsFull) {
  tidbit_options options{};
  options.context = 4;
  Started s(tiny_llama(), &options);
  const std::int32_t tokens[] = {1, 2, 3, 4};
  const tidbit_sampling sampling{.temperature = 1, .top_k = 0, .top_p = 0, .min_p = 0, .repeat_penalty = 0};
  tidbit_rng rng{5};
  std::int32_t token = 0;
  EXPECT_EQ(tidbit_next(s.session, &sampling, &rng, nullptr, 0, &token), TIDBIT_ERR_NO_LOGITS);
  ASSERT_EQ(tidbit_prefill(s.session, tokens, 4, 0, nullptr), TIDBIT_OK);
  EXPECT_EQ(tidbit_next(s.session, &sampling, &rng, nullptr, 0, &token), TIDBIT_ERR_CONTEXT_FULL);
  EXPECT_EQ(token, -1);
  EXPECT_EQ(rng.state, 5u);
}

TEST(Version, IsThatOfTheHeader) {
  EXPECT_EQ(tidbit_version(), static_cast<std::uint32_t>(TIDBIT_VERSION));
  EXPECT_TRUE(TIDBIT_SUCCEEDED(TIDBIT_OK) && TIDBIT_SUCCEEDED(TIDBIT_PENDING) && TIDBIT_SUCCEEDED(TIDBIT_CANCELED));
  for (tidbit_status status = TIDBIT_ERR_ARGUMENT; status < TIDBIT_STATUS_COUNT; ++status) {
    EXPECT_FALSE(TIDBIT_SUCCEEDED(status));
  }
}

}  // namespace
}  // namespace tidbit::test
