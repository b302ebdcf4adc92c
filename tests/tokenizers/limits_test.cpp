// Sizes: long words, exact workspaces, small buffers.
#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

constexpr std::size_t kMegabyte = 1u << 20;

class Limits : public testing::TestWithParam<const char *> {
 protected:
  TextModel model = golden(GetParam());
};

TEST_P(Limits, OneWordOfAMegabyteEnds) {
  std::string word;
  while (word.size() < kMegabyte) word += "internationalisation";
  EXPECT_EQ(model.decode(model.encode(word)).size() > 0, true);
  EXPECT_GT(model.encode(std::string(kMegabyte, 'a')).size(), 0u);
}

TEST_P(Limits, AMegabyteOfBlanksEnds) {
  EXPECT_GT(model.encode(std::string(kMegabyte, ' ')).size(), 0u);
  EXPECT_GT(model.encode(std::string(kMegabyte, '\n') + " ").size(), 0u);
}

TEST_P(Limits, WorkspaceIsAtMost32TimesTheText) {
  for (const std::size_t size : {0u, 1u, 7u, 1000u, 1000000u}) {
    EXPECT_LE(tidbit_tokenize_bytes(model.get(), size), 32 * size + 256);
  }
}

// The workspace is a separate allocation, so that a sanitizer detects any access past its end.
TEST_P(Limits, WorkspaceBoundHolds) {
  for (const std::size_t size : {0u, 1u, 2u, 3u, 8u, 63u, 500u}) {
    for (const char fill : {' ', 'a', 't', '\xE2', '1'}) {
      const std::string text(size, fill);
      const std::uint64_t bytes = tidbit_tokenize_bytes(model.get(), size);
      std::unique_ptr<std::uint64_t[]> workspace(new std::uint64_t[bytes / 8]);
      Ids ids(tidbit_tokenize_most(model.get(), size));
      std::uint32_t count = 0;
      const auto capacity = static_cast<std::uint32_t>(ids.size());
      const tidbit_tokenize_options special{TIDBIT_TEXT_SPECIAL, 0, nullptr, nullptr};
      EXPECT_EQ(tidbit_tokenize(model.get(), text.data(), size, &special, workspace.get(), bytes, ids.data(), capacity,
                                &count),
                TIDBIT_OK);
      if (bytes < 8) continue;
      EXPECT_EQ(tidbit_tokenize(model.get(), text.data(), size, nullptr, workspace.get(), bytes - 1, ids.data(),
                                capacity, &count),
                TIDBIT_ERR_MEMORY);
      EXPECT_EQ(count, 0u);
    }
  }
}

TEST_P(Limits, TooFewTokensTellTheNumberNeeded) {
  const std::string text = "The quick brown fox jumps over the lazy dog.";
  const Ids all = model.encode(text);
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(model.get(), text.size()) / 8);
  Ids ids(all.size());
  std::uint32_t count = 0;
  const auto capacity = static_cast<std::uint32_t>(all.size() - 1);
  EXPECT_EQ(tidbit_tokenize(model.get(), text.data(), text.size(), nullptr, workspace.data(), workspace.size() * 8,
                            ids.data(), capacity, &count),
            TIDBIT_ERR_MEMORY);
  EXPECT_EQ(count, all.size());
  EXPECT_TRUE(std::equal(ids.begin(), ids.end() - 1, all.begin()));
}

INSTANTIATE_TEST_SUITE_P(All, Limits,
                         testing::Values("byte_level", "digits", "prefix_space", "pieces", "metaspace", "unigram",
                                         "unigram_bytes"),
                         [](const auto &tested) { return std::string(tested.param); });

TEST(Arguments, AreChecked) {
  const TextModel model = golden("byte_level");
  std::uint64_t workspace[64];
  std::int32_t ids[8];
  std::uint32_t count = 0;
  EXPECT_EQ(tidbit_tokenize(nullptr, "a", 1, nullptr, workspace, sizeof workspace, ids, 8, &count),
            TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_tokenize(model.get(), nullptr, 1, nullptr, workspace, sizeof workspace, ids, 8, &count),
            TIDBIT_ERR_ARGUMENT);
  const tidbit_tokenize_options unknown{16, 0, nullptr, nullptr};
  EXPECT_EQ(tidbit_tokenize(model.get(), "a", 1, &unknown, workspace, sizeof workspace, ids, 8, &count),
            TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_tokenize(model.get(), "a", 1, nullptr, reinterpret_cast<char *>(workspace) + 4, 256, ids, 8, &count),
            TIDBIT_ERR_ALIGNMENT);
  char small[8];
  const char *text = nullptr;
  std::uint32_t bytes = 0;
  EXPECT_EQ(tidbit_token_text(model.get(), -1, nullptr, 0, small, &text, &bytes), TIDBIT_ERR_TOKEN);
  EXPECT_EQ(tidbit_token_text(model.get(), 1 << 20, nullptr, 0, small, &text, &bytes), TIDBIT_ERR_TOKEN);
}

TEST(Find, FindsEveryTextOfAToken) {
  const TextModel model = golden("byte_level");
  EXPECT_EQ(tidbit_find_token(model.get(), "<|end|>", 7), 0);
  EXPECT_EQ(tidbit_find_token(model.get(), "no such token", 13), -1);
  EXPECT_EQ(tidbit_find_token(model.get(), "", 0), -1);
  for (std::int32_t id = 0; id < 400; ++id) {
    char small[8];
    const char *text = nullptr;
    std::uint32_t bytes = 0;
    ASSERT_EQ(tidbit_token_text(model.get(), id, nullptr, 1, small, &text, &bytes), TIDBIT_OK);
    EXPECT_EQ(tidbit_find_token(model.get(), text, bytes), id);
  }
}

}  // namespace
}  // namespace tidbit::test
