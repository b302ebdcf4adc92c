#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

using format::Format;

struct Case {
  const char *name;
  TinyModel model;
};

std::vector<Case> cases() {
  return {{"llama", tiny_llama()},
          {"llama f16", tiny_llama(Format::f16, Format::f16)},
          {"llama q8", tiny_llama(Format::q8, Format::q8)},
          {"llama q4", tiny_llama(Format::q4, Format::q8)},
          {"gpt2", tiny_gpt2()},
          {"gpt2 q8", tiny_gpt2(Format::q8, Format::f16)},
          {"gpt2 kv q8", tiny_gpt2(Format::f16, Format::q8)},
          {"first gpt", tiny_first_gpt()}};
}

class Session : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    const Case c = cases()[static_cast<std::size_t>(GetParam())];
    SCOPED_TRACE(c.name);
    blob_ = build_blob(c.model);
    ASSERT_EQ(tidbit_open(blob_.data(), blob_.size(), &model_, nullptr), TIDBIT_OK);
    tokens_ = some_tokens(kVocab, 60);
    Runner reference(model_, options(1));
    expected_ = hash_of(reference.logits_of(tokens_, 1, kVocab));
  }

  static tidbit_options options(std::uint32_t chunk) {
    tidbit_options o{};
    o.chunk = chunk;
    o.isa = TIDBIT_ISA_SCALAR;
    return o;
  }

  static constexpr std::uint32_t kVocab = 50;
  AlignedBytes blob_;
  tidbit_model model_;
  std::vector<int32_t> tokens_;
  std::uint64_t expected_ = 0;
};

TEST_P(Session, ChunkSizeChangesNoBit) {
  for (const std::uint32_t chunk : {2u, 7u, 16u, 60u}) {
    Runner runner(model_, options(chunk));
    EXPECT_EQ(hash_of(runner.logits_of(tokens_, chunk, kVocab)), expected_) << "chunk " << chunk;
  }
}

TEST_P(Session, WorkersChangeNoBit) {
  for (const std::uint32_t workers : {2u, 3u, 64u}) {
    tidbit_options o = options(7);
    o.workers = workers;
    o.parallel_for = backwards;
    Runner runner(model_, o);
    EXPECT_EQ(hash_of(runner.logits_of(tokens_, 7, kVocab)), expected_) << workers << " workers";
  }
}

TEST_P(Session, BudgetBoundsEachCallAndChangesNoBit) {
  Runner runner(model_, options(8));
  tidbit_session *s = runner.session();
  std::uint32_t done = 0, calls = 0;
  tidbit_status status = TIDBIT_PENDING;
  while (status == TIDBIT_PENDING && calls < 1000) {
    std::uint32_t consumed = 0;
    status = tidbit_prefill(s, tokens_.data() + done, 60 - done, 1, &consumed);
    done += consumed;
    ++calls;
  }
  EXPECT_EQ(status, TIDBIT_OK);
  EXPECT_EQ(done, 60u);
  EXPECT_EQ(calls, 16u);  // 8 chunks of 2 layers each
  float *logits = nullptr;
  ASSERT_EQ(tidbit_logits(s, &logits, nullptr), TIDBIT_OK);
  const std::vector<float> last(logits, logits + kVocab);
  Runner whole(model_, options(60));
  const std::vector<float> all = whole.logits_of(tokens_, 60, kVocab);
  EXPECT_EQ(std::memcmp(last.data(), all.data() + 59 * kVocab, kVocab * sizeof(float)), 0);
}

TEST_P(Session, CanceledChunkIsForgottenAndCanBeFedAgain) {
  struct Poll {
    int left;
    static int call(void *user) { return static_cast<Poll *>(user)->left-- == 0; }
  } poll{5};
  tidbit_options o = options(16);
  o.poll = Poll::call;
  o.poll_user = &poll;
  o.poll_work = ~0u;  // once per layer
  Runner runner(model_, o);
  tidbit_session *s = runner.session();
  std::uint32_t consumed = 0;
  EXPECT_EQ(tidbit_prefill(s, tokens_.data(), 60, 0, &consumed), TIDBIT_CANCELED);
  EXPECT_EQ(consumed, 32u);  // two chunks of two layers, then the third is canceled in its second layer
  EXPECT_EQ(tidbit_position(s), 32u);
  float *logits = nullptr;
  EXPECT_EQ(tidbit_logits(s, &logits, nullptr), TIDBIT_ERR_NO_LOGITS);
  EXPECT_EQ(tidbit_rewind(s, 0), TIDBIT_OK);
  EXPECT_EQ(hash_of(runner.logits_of(tokens_, 16, kVocab)), expected_);
}

TEST_P(Session, RewoundPositionsCanBeFedAgain) {
  Runner runner(model_, options(16));
  runner.logits_of(some_tokens(kVocab, 50), 16, kVocab);
  EXPECT_EQ(tidbit_rewind(runner.session(), 51), TIDBIT_ERR_ARGUMENT);
  ASSERT_EQ(tidbit_rewind(runner.session(), 19), TIDBIT_OK);
  EXPECT_EQ(tidbit_position(runner.session()), 19u);
  ASSERT_EQ(tidbit_rewind(runner.session(), 0), TIDBIT_OK);
  EXPECT_EQ(hash_of(runner.logits_of(tokens_, 5, kVocab)), expected_);
}

TEST_P(Session, EveryInstructionSetGivesTheSameBits) {
  for (int isa = TIDBIT_ISA_SCALAR; isa < TIDBIT_ISA_COUNT; ++isa) {
    if (tidbit_isa_check(static_cast<tidbit_isa>(isa), 0) != TIDBIT_OK) continue;
    tidbit_options o = options(7);
    o.isa = static_cast<tidbit_isa>(isa);
    Runner runner(model_, o);
    EXPECT_EQ(hash_of(runner.logits_of(tokens_, 7, kVocab)), expected_) << tidbit_isa_name(o.isa);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Session, ::testing::Range(0, static_cast<int>(cases().size())));

class Feeding : public ::testing::Test {
 protected:
  void SetUp() override {
    blob_ = build_blob(tiny_llama());
    ASSERT_EQ(tidbit_open(blob_.data(), blob_.size(), &model_, nullptr), TIDBIT_OK);
  }
  AlignedBytes blob_;
  tidbit_model model_;
};

TEST_F(Feeding, WrongTokensChangeNothing) {
  Runner runner(model_, {});
  const int32_t good[] = {1, 2, 3}, low[] = {1, -1}, high[] = {1, 50};
  std::uint32_t consumed = 9;
  EXPECT_EQ(tidbit_prefill(runner.session(), good, 3, 0, &consumed), TIDBIT_OK);
  EXPECT_EQ(consumed, 3u);
  EXPECT_EQ(tidbit_prefill(runner.session(), low, 2, 0, &consumed), TIDBIT_ERR_TOKEN);
  EXPECT_EQ(consumed, 0u);
  EXPECT_EQ(tidbit_prefill(runner.session(), high, 2, 0, nullptr), TIDBIT_ERR_TOKEN);
  EXPECT_EQ(tidbit_position(runner.session()), 3u);
  float *logits = nullptr;
  EXPECT_EQ(tidbit_logits(runner.session(), &logits, nullptr), TIDBIT_OK);
}

TEST_F(Feeding, ContextIsNeverOverrun) {
  tidbit_options o{};
  o.context = 5;
  Runner runner(model_, o);
  const int32_t tokens[6] = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(tidbit_prefill(runner.session(), tokens, 6, 0, nullptr), TIDBIT_ERR_CONTEXT_FULL);
  EXPECT_EQ(tidbit_prefill(runner.session(), tokens, 5, 0, nullptr), TIDBIT_OK);
  EXPECT_EQ(tidbit_prefill(runner.session(), tokens, 1, 0, nullptr), TIDBIT_ERR_CONTEXT_FULL);
  EXPECT_EQ(tidbit_prefill(runner.session(), nullptr, 0, 0, nullptr), TIDBIT_OK);
}

TEST_F(Feeding, NoLogitsBeforeAnythingIsFed) {
  Runner runner(model_, {});
  float *logits = nullptr;
  EXPECT_EQ(tidbit_logits(runner.session(), &logits, nullptr), TIDBIT_ERR_NO_LOGITS);
  EXPECT_EQ(tidbit_logits_at(runner.session(), 0, &logits, nullptr), TIDBIT_ERR_NO_LOGITS);
}

TEST(Segments, ChangeTheLogitsAndAreChecked) {
  const AlignedBytes blob = build_blob(tiny_first_gpt());
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_OK);
  const std::vector<int32_t> tokens = some_tokens(50, 4);
  Runner a(model, {}), b(model, {});
  EXPECT_EQ(tidbit_set_segment(b.session(), 2), TIDBIT_ERR_ARGUMENT);
  ASSERT_EQ(tidbit_set_segment(b.session(), 1), TIDBIT_OK);
  EXPECT_NE(hash_of(a.logits_of(tokens, 4, 50)), hash_of(b.logits_of(tokens, 4, 50)));
}

}  // namespace
}  // namespace tidbit::test
