// The policy of the header for null pointers, models that are not open, calls from hooks and a wrong floating-point
// mode.
#include <cfenv>
#include <cstring>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

// Calls every function that takes a model with this one.
void expect_not_open(const tidbit_model *model) {
  tidbit_model_info info;
  tidbit_field field;
  tidbit_plan_result plan;
  tidbit_memory memory{};
  tidbit_session *session = nullptr;
  tidbit_stream stream;
  const tidbit_options options{};
  const char *text = nullptr;
  char small[8], workspace[256];
  std::int32_t tokens[8];
  std::uint32_t count = 0;
  std::size_t bytes = 0;
  const std::uint8_t key[32] = {};
  std::uint8_t id[8];
  const tidbit_trust trust{key, tidbit_ed25519, nullptr, nullptr, nullptr};
  EXPECT_EQ(tidbit_verify(model, nullptr, nullptr, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_verify_signature(model, &trust), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_signature_key(model, id), 0);
  EXPECT_EQ(tidbit_revision(model), 0u);
  EXPECT_EQ(tidbit_info(model, &info), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_describe(model, 0, &field), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_is_end(model, 0), 0);
  EXPECT_EQ(tidbit_plan(model, &options, &plan), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_init(model, &options, &memory, &session, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_tokenize_bytes(model, 10), 0u);
  EXPECT_EQ(tidbit_tokenize_most(model, 10), 0u);
  EXPECT_EQ(tidbit_tokenize(model, "a", 1, nullptr, workspace, sizeof workspace, tokens, 8, &count),
            TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_token_text(model, 0, nullptr, 0, small, &text, &count), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_find_token(model, "a", 1), -1);
  EXPECT_EQ(tidbit_model_grammar(model, &bytes), nullptr);
  EXPECT_EQ(tidbit_vocabulary_bytes(model), 0u);
  EXPECT_EQ(tidbit_stream_init(&stream, model, 0, nullptr, 0), TIDBIT_ERR_ARGUMENT);
}

TEST(Misuse, ANullModelIsRefusedEverywhere) { expect_not_open(nullptr); }

TEST(Misuse, AModelThatWasNeverOpenedIsRefusedEverywhere) {
  const tidbit_model model{};
  expect_not_open(&model);
}

TEST(Misuse, AModelThatFailedToOpenIsRefusedEverywhere) {
  const AlignedBytes sound = build_blob(tiny_llama());
  AlignedBytes blob = build_blob(tiny_llama());
  const auto open_prefix = [&](std::size_t bytes) {
    tidbit_model model;
    ASSERT_EQ(tidbit_open(sound.data(), sound.size(), &model, nullptr), TIDBIT_OK);
    ASSERT_NE(tidbit_open(blob.data(), bytes, &model, nullptr), TIDBIT_OK);
    expect_not_open(&model);
  };
  open_prefix(0);
  open_prefix(blob.size() - 1);
  blob.data()[offsetof(format::Header, config)] = std::byte{1};  // checksum
  open_prefix(blob.size());
  refresh_checksum(blob);
  blob.data()[offsetof(format::Header, config) + offsetof(format::Config, width)] = std::byte{3};
  refresh_checksum(blob);  // refused by a later check
  open_prefix(blob.size());
  tidbit_model model;
  EXPECT_EQ(tidbit_open(nullptr, 0, &model, nullptr), TIDBIT_ERR_ARGUMENT);
  expect_not_open(&model);
  EXPECT_EQ(tidbit_open(blob.data() + 8, blob.size() - 8, &model, nullptr), TIDBIT_ERR_ALIGNMENT);
  expect_not_open(&model);
  EXPECT_EQ(tidbit_open(blob.data(), blob.size(), nullptr, nullptr), TIDBIT_ERR_ARGUMENT);
}

TEST(Misuse, ANullSessionIsRefusedEverywhere) {
  const std::int32_t token = 0;
  std::int32_t next = 0;
  float *logits = nullptr;
  char image[64];
  tidbit_sampling greedy{};
  EXPECT_EQ(tidbit_reset(nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_position(nullptr), 0u);
  EXPECT_EQ(tidbit_context(nullptr), 0u);
  EXPECT_EQ(tidbit_chunk_size(nullptr), 0u);
  EXPECT_EQ(tidbit_session_isa(nullptr), TIDBIT_ISA_AUTO);
  EXPECT_EQ(tidbit_rewind(nullptr, 0), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_prefill(nullptr, &token, 1, 0, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_set_segment(nullptr, 0), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_logits(nullptr, &logits, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_logits_at(nullptr, 0, &logits, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_selftest(nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_next(nullptr, &greedy, nullptr, nullptr, 0, &next), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_save_bytes(nullptr), 0u);
  EXPECT_EQ(tidbit_save(nullptr, image, sizeof image, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_restore(nullptr, image, sizeof image), TIDBIT_ERR_ARGUMENT);
}

TEST(Misuse, OtherNullPointersAreRefused) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  const tidbit_options options{};
  tidbit_plan_result plan;
  tidbit_memory memory{};
  tidbit_session *session = nullptr;
  const std::int32_t token = 1;
  EXPECT_EQ(tidbit_info(&model, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_describe(&model, 0, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_plan(&model, nullptr, &plan), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_plan(&model, &options, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_split_memory(nullptr, &memory, 1, &memory, nullptr), TIDBIT_ERR_ARGUMENT);
  ASSERT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  EXPECT_EQ(tidbit_split_memory(&plan, nullptr, 1 << 20, &memory, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_init(&model, &options, nullptr, &session, nullptr), TIDBIT_ERR_ARGUMENT);
  Runner runner(model, options);
  float *logits = nullptr;
  EXPECT_EQ(tidbit_prefill(runner.session(), nullptr, 1, 0, nullptr), TIDBIT_ERR_ARGUMENT);
  ASSERT_EQ(tidbit_prefill(runner.session(), &token, 1, 0, nullptr), TIDBIT_OK);
  EXPECT_EQ(tidbit_logits(runner.session(), nullptr, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_save(runner.session(), nullptr, 1 << 20, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_restore(runner.session(), nullptr, 100), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_next(runner.session(), nullptr, nullptr, nullptr, 0, nullptr), TIDBIT_ERR_ARGUMENT);
  ASSERT_EQ(tidbit_logits(runner.session(), &logits, nullptr), TIDBIT_OK);
}

TEST(Misuse, NullPointersToBytesAreRefused) {
  const std::uint8_t bytes[64] = {};
  EXPECT_NE(tidbit_ed25519(nullptr, nullptr, bytes, bytes, 1), 0);
  EXPECT_NE(tidbit_ed25519(nullptr, bytes, nullptr, bytes, 1), 0);
  EXPECT_NE(tidbit_ed25519(nullptr, bytes, bytes, nullptr, 1), 0);
  EXPECT_EQ(tidbit_hash(nullptr, 100), tidbit_hash(bytes, 0));
}

TEST(Misuse, PartsThatOverlapAreRefused) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  const tidbit_options options{};
  tidbit_plan_result plan;
  ASSERT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  tidbit_session *session = nullptr;
  for (int a = 0; a < TIDBIT_PART_COUNT; ++a) {
    for (int b = 0; b < TIDBIT_PART_COUNT; ++b) {
      if (a == b) continue;
      AlignedBytes buffer(plan.bytes[a] + plan.bytes[b]);
      Memory memory(plan);
      memory.view.data[a] = buffer.data();
      memory.view.data[b] = buffer.data() + plan.bytes[a];
      EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, nullptr), TIDBIT_OK);
      memory.view.data[b] = buffer.data() + plan.bytes[a] - TIDBIT_ALIGNMENT;
      EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, nullptr), TIDBIT_ERR_ARGUMENT) << a << " " << b;
    }
    Memory memory(plan);
    memory.view.data[a] = const_cast<std::byte *>(blob.data());
    EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, nullptr), TIDBIT_ERR_ARGUMENT) << a;
  }
}

TEST(Misuse, APartThatBeginsInFrontOfTheBlobAndReachesIntoItIsRefused) {
  const AlignedBytes blob = build_blob(tiny_llama());
  AlignedBytes place(TIDBIT_ALIGNMENT + blob.size());
  std::memcpy(place.data() + TIDBIT_ALIGNMENT, blob.data(), blob.size());
  tidbit_model model;
  ASSERT_EQ(tidbit_open(place.data() + TIDBIT_ALIGNMENT, blob.size(), &model, nullptr), TIDBIT_OK);
  const tidbit_options options{};
  tidbit_plan_result plan;
  ASSERT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  tidbit_session *session = nullptr;
  for (int part = 0; part < TIDBIT_PART_COUNT; ++part) {
    Memory memory(plan);
    memory.view.data[part] = place.data();
    EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, nullptr), TIDBIT_ERR_ARGUMENT) << part;
  }
}

// A hook that misuses the session that called it.
struct Intruder {
  tidbit_session *session = nullptr;
  int calls = 0;

  static int call(void *user) {
    auto *self = static_cast<Intruder *>(user);
    tidbit_session *s = self->session;
    if (s == nullptr) return 0;
    ++self->calls;
    const std::int32_t token = 1;
    std::int32_t next = 0;
    float *logits = nullptr;
    char image[64];
    const tidbit_sampling greedy{};
    EXPECT_EQ(tidbit_reset(s), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_rewind(s, 0), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_set_segment(s, 0), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_prefill(s, &token, 1, 0, nullptr), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_logits(s, &logits, nullptr), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_logits_at(s, 0, &logits, nullptr), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_next(s, &greedy, nullptr, nullptr, 0, &next), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_selftest(s), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_save(s, image, sizeof image, nullptr), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_restore(s, image, sizeof image), TIDBIT_ERR_BUSY);
    EXPECT_EQ(tidbit_context(s), 64u);  // numbers may be read
    return 0;
  }
};

TEST(Misuse, AHookCannotChangeItsOwnSession) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  const std::vector<std::int32_t> tokens = some_tokens(50, 20);
  Runner plain(model, {});
  const std::uint64_t expected = hash_of(plain.logits_of(tokens, 10, 50));
  Intruder intruder;
  tidbit_options options{};
  options.poll = Intruder::call;
  options.poll_user = &intruder;
  Runner runner(model, options);
  intruder.session = runner.session();
  EXPECT_EQ(hash_of(runner.logits_of(tokens, 10, 50)), expected);
  EXPECT_GE(intruder.calls, 4);
}

TEST(Misuse, AHookOfASessionThatIsFullIsToldThatItIsBusy) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  Intruder intruder;
  tidbit_options options{};
  options.poll = Intruder::call;
  options.poll_user = &intruder;
  options.poll_work = 1;
  Runner runner(model, options);
  const std::vector<std::int32_t> tokens = some_tokens(50, tidbit_context(runner.session()));
  ASSERT_EQ(tidbit_prefill(runner.session(), tokens.data(), static_cast<std::uint32_t>(tokens.size()), 0, nullptr),
            TIDBIT_OK);
  intruder.session = runner.session();
  float *logits = nullptr;
  EXPECT_EQ(tidbit_logits(runner.session(), &logits, nullptr), TIDBIT_OK);
  EXPECT_GE(intruder.calls, 1);
}

tidbit_status init_status() {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  const tidbit_options options{};
  tidbit_plan_result plan;
  EXPECT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  Memory memory(plan);
  tidbit_session *session = nullptr;
  return tidbit_init(&model, &options, &memory.view, &session, nullptr);
}

TEST(Misuse, ARoundingModeOtherThanNearestIsRefused) {
#if defined(FE_UPWARD) && defined(FE_DOWNWARD) && defined(FE_TOWARDZERO)
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    if (std::fesetround(mode) != 0) GTEST_SKIP() << "this target has one rounding mode";
    const tidbit_status status = init_status();
    std::fesetround(FE_TONEAREST);
    EXPECT_EQ(status, TIDBIT_ERR_FLOAT_MODE) << mode;
  }
#else
  GTEST_SKIP() << "this target has one rounding mode";
#endif
  EXPECT_EQ(init_status(), TIDBIT_OK);
}

// Sets the FPU to flush subnormals; false if this target has no such mode. `way`: 0 flushes results, 1 operands (x86).
bool flush_subnormals([[maybe_unused]] bool on, [[maybe_unused]] int way) {
#if defined(__SSE__)
  const unsigned bit = way == 0 ? 0x8000u : 0x40u;
  _mm_setcsr(on ? _mm_getcsr() | bit : _mm_getcsr() & ~bit);
  return true;
#elif defined(__aarch64__)
  std::uint64_t fpcr;
  asm volatile("mrs %0, fpcr" : "=r"(fpcr));
  fpcr = on ? fpcr | 1u << 24 : fpcr & ~(std::uint64_t{1} << 24);
  asm volatile("msr fpcr, %0" : : "r"(fpcr));
  return true;
#elif defined(__arm__) && defined(__ARM_FP)
  std::uint32_t fpscr;
  asm volatile("vmrs %0, fpscr" : "=r"(fpscr));
  fpscr = on ? fpscr | 1u << 24 : fpscr & ~(1u << 24);
  asm volatile("vmsr fpscr, %0" : : "r"(fpscr));
  return true;
#else
  return false;
#endif
}

TEST(Misuse, FlushingOfSubnormalsIsRefused) {
  for (const int way : {0, 1}) {
    if (!flush_subnormals(true, way)) GTEST_SKIP() << "this target cannot flush subnormals";
    const tidbit_status status = init_status();
    flush_subnormals(false, way);
    EXPECT_EQ(status, TIDBIT_ERR_FLOAT_MODE) << way;
  }
  EXPECT_EQ(init_status(), TIDBIT_OK);
}

}  // namespace
}  // namespace tidbit::test
