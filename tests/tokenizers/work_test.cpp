// The work of tidbit_tokenize: what bounds it, and what ends it early.
#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

struct Result {
  tidbit_status status;
  std::uint32_t count;
  std::uint32_t polls;
};

struct Poll {
  std::uint32_t calls = 0;
  std::uint32_t last = 0xFFFFFFFF;  // the call that ends the work

  static int hook(void *user) {
    auto &poll = *static_cast<Poll *>(user);
    return ++poll.calls >= poll.last ? 1 : 0;
  }
};

Result tokenize(const TextModel &model, std::string_view text, std::uint32_t budget, Poll poll = {},
                std::uint32_t flags = 0) {
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(model.get(), text.size()) / 8);
  Ids ids(tidbit_tokenize_most(model.get(), text.size()) + 1);
  const tidbit_tokenize_options options{flags, budget, Poll::hook, &poll};
  Result result{};
  result.status =
      tidbit_tokenize(model.get(), text.data(), text.size(), &options, workspace.data(), workspace.size() * 8,
                      ids.data(), static_cast<std::uint32_t>(ids.size()), &result.count);
  result.polls = poll.calls;
  return result;
}

std::string repeated(std::string_view part, std::size_t size) {
  std::string text;
  while (text.size() < size) text += part;
  text.resize(size);
  return text;
}

std::vector<std::string> hard_texts(std::size_t size) {
  std::vector<std::string> texts;
  for (const char *part : {"a", " ", "\n", "1", "<", "\xE2", "\xE2\x96\x81", " a", "\n ", "'s", "東", "<|end|",
                           "[[room]]", "internationalisation", "\t\r\n "}) {
    texts.push_back(repeated(part, size));
  }
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 7919 % 251 + i / 256);
  texts.push_back(bytes);
  return texts;
}

class Work : public testing::TestWithParam<const char *> {
 protected:
  TextModel model = golden(GetParam());
};

TEST_P(Work, HardTextsTakeAtMost16StepsPerByte) {
  for (const std::size_t size : {1u, 100u, 20000u}) {
    const auto budget = static_cast<std::uint32_t>(16 * size + 16);
    for (const std::string &text : hard_texts(size)) {
      for (const std::uint32_t flags : {0u, TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL}) {
        EXPECT_EQ(tokenize(model, text, budget, {}, flags).status, TIDBIT_OK) << text.substr(0, 20);
      }
    }
  }
}

TEST_P(Work, TenTimesTheTextTakesTenTimesTheSteps) {
  const auto small = hard_texts(20000), large = hard_texts(200000);
  for (std::size_t i = 0; i < small.size(); ++i) {
    EXPECT_LE(tokenize(model, large[i], 0).polls, 10 * tokenize(model, small[i], 0).polls + 1) << i;
  }
}

TEST_P(Work, TheHookIsCalledOncePerSteps) {
  const std::string text = repeated("The quick brown fox ", 50000);
  const std::uint32_t polls = tokenize(model, text, 0).polls;
  EXPECT_GE(polls, text.size() / TIDBIT_TOKENIZE_STEPS);
  EXPECT_EQ(tokenize(model, text, (polls - 1) * TIDBIT_TOKENIZE_STEPS).status, TIDBIT_CANCELED);
  EXPECT_EQ(tokenize(model, text, polls * TIDBIT_TOKENIZE_STEPS).status, TIDBIT_OK);
}

TEST_P(Work, TheHookEndsTheCallAtOnce) {
  for (const std::string &text : hard_texts(20000)) {
    for (const std::uint32_t last : {1u, 2u, tokenize(model, text, 0).polls}) {
      Poll poll;
      poll.last = last;
      const Result result = tokenize(model, text, 0, poll, TIDBIT_TEXT_SPECIAL);
      EXPECT_EQ(result.status, TIDBIT_CANCELED);
      EXPECT_EQ(result.count, 0u);
      EXPECT_EQ(result.polls, last);
    }
  }
}

TEST_P(Work, EveryBudgetThatIsTooSmallEndsTheCall) {
  for (const std::string &text : hard_texts(60)) {
    bool ended = true;
    for (std::uint32_t budget = 1; ended; ++budget) {
      const Result result = tokenize(model, text, budget);
      ended = result.status == TIDBIT_CANCELED;
      if (ended) {
        EXPECT_EQ(result.count, 0u);
      }
      EXPECT_TRUE(ended || result.status == TIDBIT_OK);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Work,
                         testing::Values("byte_level", "digits", "prefix_space", "pieces", "metaspace", "characters",
                                         "unigram", "unigram_bytes"),
                         [](const auto &tested) { return std::string(tested.param); });

TEST(Workspace, TheMacroIsWhatTheFunctionReturns) {
  const TextModel model = golden("pieces");
  static const std::uint64_t memory[TIDBIT_TOKENIZE_BYTES(128) / 8] = {};
  EXPECT_EQ(sizeof memory, tidbit_tokenize_bytes(model.get(), 128));
  for (std::size_t size = 0; size < 100; ++size) {
    EXPECT_EQ(TIDBIT_TOKENIZE_BYTES(size), tidbit_tokenize_bytes(model.get(), size));
  }
  EXPECT_EQ(TIDBIT_TOKENIZE_BYTES(std::uint64_t{1} << 30), tidbit_tokenize_bytes(model.get(), std::size_t{1} << 30));
}

}  // namespace
}  // namespace tidbit::test
