// Caches that are rings, and layers that choose by token: whatever a session went through, its logits are those of a
// fresh session that was fed the same tokens one by one.
#include <random>

#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

using format::Format;

constexpr std::uint32_t kVocab = 50, kContext = 320;

std::vector<TinyModel> models() {
  return {tiny_window(),  tiny_window(Format::f16), tiny_window(Format::q8), tiny_convolution(),
          tiny_experts(), tiny_experts(Format::q8), tiny_shared(),           tiny_shared(Format::q8)};
}

// Says stop once, at call number `left`.
struct Stop {
  int left = -1;
  static int call(void *user) { return static_cast<Stop *>(user)->left-- == 0 ? 1 : 0; }
};

class Rings : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    TinyModel m = models()[static_cast<std::size_t>(GetParam())];
    m.config.max_context = m.config.default_context = kContext;
    blob_ = build_blob(m);
    model_ = opened(blob_);
  }

  static tidbit_options options(std::uint32_t chunk, std::uint32_t context = kContext) {
    tidbit_options o{};
    o.chunk = chunk;
    o.context = context;
    return o;
  }

  // The logits after each token.
  std::vector<float> expected(const std::vector<int32_t> &tokens) {
    return Runner(model_, options(1)).logits_of(tokens, 1, kVocab);
  }

  // Feeds tokens [from, end) and compares the logits after each.
  static void go_on(Runner &runner, const std::vector<int32_t> &tokens, const std::vector<float> &rows,
                    std::uint32_t from, std::uint32_t chunk) {
    const std::vector<int32_t> rest(tokens.begin() + from, tokens.end());
    const std::vector<float> got = runner.logits_of(rest, chunk, kVocab);
    if (got.empty()) return;
    EXPECT_EQ(std::memcmp(got.data(), rows.data() + from * kVocab, got.size() * sizeof(float)), 0) << "from " << from;
  }

  static void feed(Runner &runner, const std::vector<int32_t> &tokens, std::uint32_t from, std::uint32_t end) {
    ASSERT_EQ(tidbit_prefill(runner.session(), tokens.data() + from, end - from, 0, nullptr), TIDBIT_OK);
  }

  static AlignedBytes image_of(Runner &runner) {
    AlignedBytes image(tidbit_save_bytes(runner.session()));
    EXPECT_EQ(tidbit_save(runner.session(), image.data(), image.size(), nullptr), TIDBIT_OK);
    return image;
  }

  AlignedBytes blob_;
  tidbit_model model_;
};

TEST_P(Rings, ChunksWorkersAndInstructionSetsChangeNoBit) {
  const auto tokens = some_tokens(kVocab, 300);
  const std::vector<float> rows = expected(tokens);
  for (const std::uint32_t chunk : {2u, 3u, 15u, 16u, 17u, 33u, 100u, 256u}) {
    tidbit_options o = options(chunk);
    Runner alone(model_, o);
    go_on(alone, tokens, rows, 0, chunk);
    o.workers = 3;
    o.parallel_for = backwards;
    Runner shared(model_, o);
    go_on(shared, tokens, rows, 0, chunk);
  }
  for (int isa = TIDBIT_ISA_SCALAR; isa < TIDBIT_ISA_COUNT; ++isa) {
    tidbit_options o = options(17);
    o.isa = static_cast<tidbit_isa>(isa);
    if (tidbit_isa_check(o.isa, 0) != TIDBIT_OK) continue;
    Runner runner(model_, o);
    go_on(runner, tokens, rows, 0, 17);
  }
}

TEST_P(Rings, LogitsAreNumbersThatDependOnTheToken) {
  const std::vector<float> rows = expected({1, 2, 1});
  for (const float logit : rows) EXPECT_EQ(logit, logit);
  EXPECT_NE(std::memcmp(rows.data(), rows.data() + 2 * kVocab, kVocab * sizeof(float)), 0);
}

TEST_P(Rings, RewindsBeyondARingAreRefused) {
  Runner runner(model_, options(16));
  feed(runner, some_tokens(kVocab, 300), 0, 300);
  EXPECT_EQ(tidbit_rewind(runner.session(), 100), TIDBIT_ERR_REWIND);
  EXPECT_EQ(tidbit_position(runner.session()), 300u);
}

TEST_P(Rings, ContextSmallerThanTheWindowChangesNoBit) {
  const auto tokens = some_tokens(kVocab, 6);
  const std::vector<float> rows = expected(tokens);
  for (const std::uint32_t chunk : {1u, 2u, 4u, 256u}) {
    Runner runner(model_, options(chunk, 6));
    go_on(runner, tokens, rows, 0, std::min(chunk, 6u));
    float *logits = nullptr;
    EXPECT_EQ(tidbit_prefill(runner.session(), tokens.data(), 1, 0, nullptr), TIDBIT_ERR_CONTEXT_FULL);
    EXPECT_EQ(tidbit_logits(runner.session(), &logits, nullptr), TIDBIT_OK);
  }
}

TEST_P(Rings, BudgetOfOneChangesNoBit) {
  const auto tokens = some_tokens(kVocab, 90);
  const std::vector<float> rows = expected(tokens);
  Runner runner(model_, options(7));
  std::uint32_t done = 0;
  for (int calls = 0; done < 90 && calls < 1000; ++calls) {
    std::uint32_t consumed = 0;
    const tidbit_status status = tidbit_prefill(runner.session(), tokens.data() + done, 90 - done, 1, &consumed);
    ASSERT_TRUE(status == TIDBIT_OK || status == TIDBIT_PENDING);
    done += consumed;
    float *logits = nullptr;
    if (tidbit_logits(runner.session(), &logits, nullptr) != TIDBIT_OK) continue;
    EXPECT_EQ(std::memcmp(logits, rows.data() + (done - 1) * kVocab, kVocab * sizeof(float)), 0) << done;
  }
  EXPECT_EQ(done, 90u);
}

// Stops at every call of the hook in turn, also in the middle of layers and of logits.
TEST_P(Rings, CanceledAnywhereAndFedAgainChangesNoBit) {
  const auto tokens = some_tokens(kVocab, 61);
  const std::vector<float> rows = expected(tokens);
  tidbit_status status = TIDBIT_CANCELED;
  for (int at = 0; status != TIDBIT_OK; at += 3) {
    Stop stop;
    tidbit_options o = options(16);
    o.poll = Stop::call;
    o.poll_user = &stop;
    o.poll_work = 20000;
    Runner runner(model_, o);
    feed(runner, tokens, 0, 29);
    stop.left = at;
    float *logits = nullptr;
    status = tidbit_prefill(runner.session(), tokens.data() + 29, 32, 0, nullptr);
    if (status == TIDBIT_OK) status = tidbit_logits(runner.session(), &logits, nullptr);
    ASSERT_TRUE(status == TIDBIT_OK || status == TIDBIT_CANCELED);
    stop.left = -1;
    const std::uint32_t position = tidbit_position(runner.session());
    EXPECT_TRUE(position == 29 || position == 45 || position == 61) << position;
    go_on(runner, tokens, rows, position, 16);
  }
}

TEST_P(Rings, RewoundAnyDistanceIsRefusedOrChangesNoBit) {
  const auto tokens = some_tokens(kVocab, 130);
  const std::vector<float> rows = expected(tokens);
  for (const std::uint32_t chunk : {1u, 6u, 32u}) {
    for (std::uint32_t to = 0; to <= 110; ++to) {
      Runner runner(model_, options(chunk));
      feed(runner, tokens, 0, 110);
      const tidbit_status status = tidbit_rewind(runner.session(), to);
      ASSERT_TRUE(status == TIDBIT_OK || status == TIDBIT_ERR_REWIND);
      EXPECT_TRUE(status == TIDBIT_OK || (to != 0 && 110 - to >= chunk)) << to;
      go_on(runner, tokens, rows, status == TIDBIT_OK ? to : 110, chunk);
    }
  }
}

TEST_P(Rings, SavedAtAnyPositionGoesOnInAnotherSession) {
  const auto tokens = some_tokens(kVocab, 90);
  const std::vector<float> rows = expected(tokens);
  for (std::uint32_t cut = 1; cut < 90; ++cut) {
    Runner first(model_, options(1 + cut % 19));
    feed(first, tokens, 0, cut);
    const AlignedBytes image = image_of(first);
    const std::uint32_t chunk = 1 + cut % 7;
    Runner second(model_, options(chunk, cut % 2 == 0 ? 90 : kContext));
    feed(second, tokens, 20, 90);  // what is left of it must not matter
    ASSERT_EQ(tidbit_restore(second.session(), image.data(), image.size()), TIDBIT_OK);
    float *logits = nullptr;
    ASSERT_EQ(tidbit_logits(second.session(), &logits, nullptr), TIDBIT_OK);
    EXPECT_EQ(std::memcmp(logits, rows.data() + (cut - 1) * kVocab, kVocab * sizeof(float)), 0) << cut;
    go_on(second, tokens, rows, cut, chunk);
  }
}

TEST_P(Rings, RewoundAfterARestoreIsRefusedOrChangesNoBit) {
  const auto tokens = some_tokens(kVocab, 100);
  const std::vector<float> rows = expected(tokens);
  Runner first(model_, options(16));
  feed(first, tokens, 0, 75);
  const AlignedBytes image = image_of(first);
  for (std::uint32_t to = 1; to <= 80; ++to) {
    Runner runner(model_, options(16));
    ASSERT_EQ(tidbit_restore(runner.session(), image.data(), image.size()), TIDBIT_OK);
    feed(runner, tokens, 75, 80);
    const tidbit_status status = tidbit_rewind(runner.session(), to);
    ASSERT_TRUE(status == TIDBIT_OK || status == TIDBIT_ERR_REWIND);
    EXPECT_TRUE(status == TIDBIT_OK || to < 75) << to;
    go_on(runner, tokens, rows, status == TIDBIT_OK ? to : 80, 16);
  }
}

// All of it mixed, with other tokens after each rewind.
class Walk {
 public:
  Walk(const tidbit_model &model, std::uint64_t seed) : model_(model), random_(seed) { start(); }

  void step() {
    const std::uint32_t what = below(8);
    if (what < 4) return feed();
    if (what < 6) return rewind();
    if (what == 6) return cancel();
    move();
  }

  std::uint32_t position() const { return tidbit_position(runner_->session()); }
  const std::vector<int32_t> &tokens() const { return tokens_; }
  Runner &runner() { return *runner_; }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  void start() {
    options_.chunk = 1 + below(40);
    options_.context = kContext - below(100);
    options_.poll = Stop::call;
    options_.poll_user = &stop_;
    options_.poll_work = 30000;
    runner_ = std::make_unique<Runner>(model_, options_);
  }

  std::vector<int32_t> some_more() {
    std::vector<int32_t> more(1 + below(50));
    for (int32_t &token : more) token = static_cast<int32_t>(below(kVocab));
    const std::size_t room = tidbit_context(runner_->session()) - position();
    if (more.size() > room) more.resize(room);
    return more;
  }

  // Whatever happens, the tokens that were consumed are those of the session.
  tidbit_status prefill(std::uint64_t budget) {
    const std::vector<int32_t> more = some_more();
    std::uint32_t consumed = 0;
    const auto count = static_cast<std::uint32_t>(more.size());
    const tidbit_status status = tidbit_prefill(runner_->session(), more.data(), count, budget, &consumed);
    tokens_.insert(tokens_.end(), more.begin(), more.begin() + consumed);
    EXPECT_EQ(tokens_.size(), position());
    return status;
  }

  void forget_pending() { EXPECT_EQ(tidbit_rewind(runner_->session(), position()), TIDBIT_OK); }

  void feed() {
    if (prefill(below(3) == 0 ? 1 + below(60) : 0) != TIDBIT_OK) forget_pending();
  }

  void cancel() {
    stop_.left = static_cast<int>(below(40));
    prefill(0);
    stop_.left = -1;
  }

  void rewind() {
    const std::uint32_t back = below(position() < 60 ? position() + 1 : 60);
    if (tidbit_rewind(runner_->session(), position() - back) != TIDBIT_OK) return;
    tokens_.resize(position());
  }

  void move() {
    AlignedBytes image(tidbit_save_bytes(runner_->session()));
    ASSERT_EQ(tidbit_save(runner_->session(), image.data(), image.size(), nullptr), TIDBIT_OK);
    const std::uint32_t before = position();
    start();
    const tidbit_status status = tidbit_restore(runner_->session(), image.data(), image.size());
    if (before > options_.context) {
      EXPECT_EQ(status, TIDBIT_ERR_CONTEXT_FULL);
      tokens_.clear();
    } else {
      EXPECT_EQ(status, TIDBIT_OK);
    }
  }

  const tidbit_model &model_;
  std::mt19937_64 random_;
  Stop stop_;
  tidbit_options options_{};
  std::unique_ptr<Runner> runner_;
  std::vector<int32_t> tokens_;
};

TEST_P(Rings, RandomWalksEndWithTheLogitsOfAFreshSession) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Walk walk(model_, seed);
    for (int i = 0; i < 25; ++i) walk.step();
    float *logits = nullptr;
    if (tidbit_logits(walk.runner().session(), &logits, nullptr) != TIDBIT_OK) continue;
    const std::vector<float> rows = expected(walk.tokens());
    EXPECT_EQ(std::memcmp(logits, rows.data() + rows.size() - kVocab, kVocab * sizeof(float)), 0) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Rings, ::testing::Range(0, static_cast<int>(models().size())));

}  // namespace
}  // namespace tidbit::test
