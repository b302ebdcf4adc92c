#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

class Save : public ::testing::TestWithParam<format::Format> {
 protected:
  void SetUp() override {
    blob_ = build_blob(tiny_llama(format::Format::q8, GetParam()));
    ASSERT_EQ(tidbit_open(blob_.data(), blob_.size(), &model_, nullptr), TIDBIT_OK);
  }

  AlignedBytes image_of(Runner &runner) {
    AlignedBytes image(tidbit_save_bytes(runner.session()));
    std::uint64_t written = 0;
    EXPECT_EQ(tidbit_save(runner.session(), image.data(), image.size() - 1, &written), TIDBIT_ERR_MEMORY);
    EXPECT_EQ(written, image.size());
    EXPECT_EQ(tidbit_save(runner.session(), image.data(), image.size(), &written), TIDBIT_OK);
    return image;
  }

  AlignedBytes blob_;
  tidbit_model model_;
  const std::vector<int32_t> tokens_ = some_tokens(50, 40);
};

TEST_P(Save, RestoredSessionGoesOnBitForBitInAnyContext) {
  Runner whole(model_, {});
  const std::vector<float> expected = whole.logits_of(tokens_, 8, 50);
  for (const std::uint32_t cut : {1u, 15u, 16u, 17u, 39u}) {
    const std::vector<int32_t> head(tokens_.begin(), tokens_.begin() + cut), tail(tokens_.begin() + cut, tokens_.end());
    Runner first(model_, {});
    first.logits_of(head, 5, 50);
    const AlignedBytes image = image_of(first);

    tidbit_options larger{};
    larger.context = 96;
    larger.chunk = 3;
    Runner second(model_, larger);
    ASSERT_EQ(tidbit_restore(second.session(), image.data(), image.size()), TIDBIT_OK);
    EXPECT_EQ(tidbit_position(second.session()), cut);
    float *logits = nullptr;
    ASSERT_EQ(tidbit_logits(second.session(), &logits, nullptr), TIDBIT_OK);
    EXPECT_EQ(std::memcmp(logits, expected.data() + (cut - 1) * 50, 200), 0);
    const std::vector<float> rest = second.logits_of(tail, 3, 50);
    EXPECT_EQ(std::memcmp(rest.data(), expected.data() + cut * 50, rest.size() * 4), 0) << "cut at " << cut;
  }
}

TEST_P(Save, EmptySessionCanBeSavedAndRestored) {
  Runner first(model_, {}), second(model_, {});
  const AlignedBytes image = image_of(first);
  second.logits_of(tokens_, 8, 50);
  EXPECT_EQ(tidbit_restore(second.session(), image.data(), image.size()), TIDBIT_OK);
  EXPECT_EQ(tidbit_position(second.session()), 0u);
}

TEST_P(Save, DamagedOrForeignImageIsRefusedAndLeavesAResetSession) {
  Runner runner(model_, {});
  runner.logits_of(tokens_, 8, 50);
  const AlignedBytes image = image_of(runner);
  for (std::size_t at = 0; at < image.size(); at += 13) {
    AlignedBytes damaged(image.span());
    damaged.data()[at] ^= std::byte{0x10};
    EXPECT_EQ(tidbit_restore(runner.session(), damaged.data(), damaged.size()), TIDBIT_ERR_SESSION) << at;
    EXPECT_EQ(tidbit_position(runner.session()), 0u);
  }
  for (std::size_t size = 0; size < image.size(); size += 29) {
    const AlignedBytes cut(image.span().first(size));
    EXPECT_EQ(tidbit_restore(runner.session(), cut.data(), size), TIDBIT_ERR_SESSION) << size;
  }
  TinyModel other = tiny_llama(format::Format::q8, GetParam());
  other.kinds[0].norm_epsilon = 1e-6f;
  const AlignedBytes other_blob = build_blob(other);
  tidbit_model other_model;
  ASSERT_EQ(tidbit_open(other_blob.data(), other_blob.size(), &other_model, nullptr), TIDBIT_OK);
  Runner foreign(other_model, {});
  EXPECT_EQ(tidbit_restore(foreign.session(), image.data(), image.size()), TIDBIT_ERR_SESSION);
}

TEST_P(Save, ContextTooSmallForTheImageIsRefused) {
  Runner runner(model_, {});
  runner.logits_of(tokens_, 8, 50);
  const AlignedBytes image = image_of(runner);
  tidbit_options small{};
  small.context = 39;
  Runner second(model_, small);
  EXPECT_EQ(tidbit_restore(second.session(), image.data(), image.size()), TIDBIT_ERR_CONTEXT_FULL);
}

INSTANTIATE_TEST_SUITE_P(Kv, Save, ::testing::Values(format::Format::f32, format::Format::f16, format::Format::q8));

}  // namespace
}  // namespace tidbit::test
