#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

constexpr std::int32_t kTokens[] = {7, 3, 49, 0};

std::uint64_t logits_hash(const TinyModel &model) {
  const AlignedBytes blob = build_blob(model);
  tidbit_model opened;
  EXPECT_EQ(tidbit_open(blob.data(), blob.size(), &opened, nullptr), TIDBIT_OK);
  tidbit_options options{};
  options.isa = TIDBIT_ISA_SCALAR;
  Runner runner(opened, options);
  return hash_of(runner.logits_of({std::begin(kTokens), std::end(kTokens)}, 1, model.config.vocab_size));
}

// What tidbit_selftest says of the model with a self-test of these tokens and this hash.
tidbit_status selftest_of(TinyModel model, std::uint64_t hash, std::uint32_t context = 16) {
  model.self_test = format::SelfTest{.token_count = 4, .reserved = 0, .hash = hash, .tokens = {7, 3, 49, 0}};
  const AlignedBytes blob = build_blob(model);
  tidbit_model opened;
  EXPECT_EQ(tidbit_open(blob.data(), blob.size(), &opened, nullptr), TIDBIT_OK);
  tidbit_options options{};
  options.context = context;
  Runner runner(opened, options);
  const tidbit_status status = tidbit_selftest(runner.session());
  EXPECT_EQ(tidbit_position(runner.session()), 0u) << "the session was not reset";
  return status;
}

TEST(SelfTest, PassesWhereTheLogitsAreThoseOfTheScalarKernels) {
  for (const TinyModel &model : {tiny_llama(format::Format::q8, format::Format::f16), tiny_gpt2(), tiny_first_gpt()}) {
    EXPECT_EQ(selftest_of(model, logits_hash(model)), TIDBIT_OK);
  }
}

TEST(SelfTest, FailsWhereOneBitOfTheLogitsDiffers) {
  EXPECT_EQ(selftest_of(tiny_llama(), logits_hash(tiny_llama()) ^ 1), TIDBIT_ERR_SELFTEST);
}

TEST(SelfTest, NeedsAContextAsLongAsItself) {
  EXPECT_EQ(selftest_of(tiny_llama(), logits_hash(tiny_llama()), 3), TIDBIT_ERR_CONTEXT_FULL);
}

TEST(SelfTest, IsUnsupportedWithoutItsSection) {
  const AlignedBytes blob = build_blob(tiny_llama());
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_OK);
  Runner runner(model, {});
  EXPECT_EQ(tidbit_selftest(runner.session()), TIDBIT_ERR_UNSUPPORTED);
  EXPECT_EQ(tidbit_selftest(nullptr), TIDBIT_ERR_ARGUMENT);
}

}  // namespace
}  // namespace tidbit::test
