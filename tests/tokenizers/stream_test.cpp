// What text a stream returns, and when.
#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

class Stream : public testing::Test {
 protected:
  void start(std::vector<const char *> stops = {}) {
    stops_ = std::move(stops);
    ASSERT_EQ(tidbit_stream_init(&stream_, model_.get(), 1, stops_.data(), static_cast<std::uint32_t>(stops_.size())),
              TIDBIT_OK);
  }
  std::string push(std::string_view bytes) {  // pushes each byte as one token
    std::string given;
    for (const char c : bytes) {
      const char *text = nullptr;
      std::uint32_t size = 0;
      EXPECT_EQ(tidbit_stream_push(&stream_, tidbit_find_token(model_.get(), &c, 1), &text, &size), TIDBIT_OK);
      given.append(text, size);
    }
    return given;
  }
  std::string end() {
    const char *text = nullptr;
    std::uint32_t size = 0;
    EXPECT_EQ(tidbit_stream_end(&stream_, &text, &size), TIDBIT_OK);
    return {text, size};
  }

  TextModel model_ = golden("byte_level");
  std::vector<const char *> stops_;
  tidbit_stream stream_;
};

TEST_F(Stream, HoldsACharacterUntilItIsWhole) {
  start();
  EXPECT_EQ(push("a\xF0\x9F\x99"), "a");
  EXPECT_EQ(push("\x82"), "🙂");
  EXPECT_EQ(end(), "");
}

TEST_F(Stream, ReplacesWhatStaysBroken) {
  start();
  EXPECT_EQ(push("\x80 \xE2\x82x\xC0\xF5\xED\xA0\x80"), "\uFFFD \uFFFDx\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(push("\xE2\x82"), "");
  EXPECT_EQ(end(), "\uFFFD");
}

TEST_F(Stream, StopsInFrontOfTheStopString) {
  start({"STOP", "</s>"});
  EXPECT_EQ(push("ab ST"), "ab ");
  EXPECT_EQ(push("x<"), "STx");
  EXPECT_EQ(push("/s"), "");
  EXPECT_EQ(push(">"), "");
  EXPECT_EQ(stream_.stopped, 1u);
  EXPECT_EQ(push("more"), "");
  EXPECT_EQ(end(), "");
  EXPECT_EQ(stream_.stopped, 1u);
}

TEST_F(Stream, TheEarliestStopWins) {
  start({"bcd", "ab"});
  EXPECT_EQ(push("xxabcd"), "xx");
  EXPECT_EQ(stream_.stopped, 1u);
}

TEST_F(Stream, GivesAnUnfinishedStopStringAtTheEnd) {
  start({"aab"});
  EXPECT_EQ(push("aaa"), "a");
  EXPECT_EQ(end(), "aa");
  EXPECT_EQ(stream_.stopped, 0u);
}

TEST_F(Stream, StopStringOfSeveralBytesPerCharacter) {
  start({"é!"});
  EXPECT_EQ(push("caf\xC3"), "caf");
  EXPECT_EQ(push("\xA9"), "");
  EXPECT_EQ(push("\xC3"), "");
  EXPECT_EQ(push("\xA9"), "é");
  EXPECT_EQ(push("!"), "");
  EXPECT_EQ(stream_.stopped, 1u);
}

TEST_F(Stream, TheLongestStopStringIs128Bytes) {
  const std::string longest(128, 's');
  start({longest.c_str()});
  EXPECT_EQ(push(std::string(127, 's')), "");
  EXPECT_EQ(push("t"), std::string(127, 's') + "t");
  const std::string longer(129, 's');
  const char *stops[] = {longer.c_str()};
  EXPECT_EQ(tidbit_stream_init(&stream_, model_.get(), 1, stops, 1), TIDBIT_ERR_ARGUMENT);
  const char *empty[] = {""};
  EXPECT_EQ(tidbit_stream_init(&stream_, model_.get(), 1, empty, 1), TIDBIT_ERR_ARGUMENT);
}

TEST_F(Stream, SpecialTokensGiveNoText) {
  start();
  const char *text = nullptr;
  std::uint32_t size = 1;
  EXPECT_EQ(tidbit_stream_push(&stream_, 0, &text, &size), TIDBIT_OK);
  EXPECT_EQ(size, 0u);
  EXPECT_EQ(stream_.started, 0u);
}

TEST_F(Stream, DropsTheBlankInFrontOfASentencePieceText) {
  const TextModel pieces = golden("pieces");
  EXPECT_EQ(pieces.decode(pieces.encode("the dog", TIDBIT_TEXT_SPECIAL)), "the dog");
  EXPECT_EQ(pieces.decode(pieces.encode("  the dog")), "  the dog");
}

}  // namespace
}  // namespace tidbit::test
