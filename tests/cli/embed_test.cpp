// tidbit embed: vectors of texts, search, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/process.h"

namespace tidbit::test {
namespace {

class Embed : public ::testing::Test {
 protected:
  // A golden with a vocabulary of letters; sentence-transformers' files only if it is to be pooled.
  std::string encoder(bool pooled = true) const {
    const std::string folder = scratch_.path(pooled ? "pooled" : "plain");
    std::filesystem::copy(std::string(TIDBIT_FAMILY_GOLDENS) + "/bert", folder);
    std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (char c = 'a'; c <= 'z'; ++c) vocabulary += std::string(1, c) + "\n";
    for (char c = 'a'; c <= 'j'; ++c) vocabulary += std::string("##") + c + "\n";
    const std::string name = std::filesystem::path(folder).filename();
    (void)scratch_.write(name + "/vocab.txt", vocabulary);
    (void)scratch_.write(name + "/tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer"})");
    if (pooled) {
      std::filesystem::create_directory(folder + "/1_Pooling");
      (void)scratch_.write(name + "/1_Pooling/config.json", R"({"pooling_mode_mean_tokens": true})");
      (void)scratch_.write(name + "/modules.json", R"([{"path": "", "type": "a.Transformer"},
          {"path": "1_Pooling", "type": "a.Pooling"}, {"path": "2_Normalize", "type": "a.Normalize"}])");
    }
    const std::string model = folder + ".tidbit";
    const Result result =
        run_program(TIDBIT_CONVERT_PROGRAM, {folder, "--tokenizer", folder + "/vocab.txt", "-o", model});
    EXPECT_EQ(result.code, 0) << result.error;
    return model;
  }
  static void expect_refusal(const Words &words, int code, const std::string &part) {
    const Result result = tidbit(words);
    EXPECT_EQ(result.code, code);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
    EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
  }

  Scratch scratch_;
};

TEST_F(Embed, PrintsTheVectorOfEachTextAsItIsAlone) {
  const std::string model = encoder();
  const Result both = tidbit({"embed", model, "abc", "x y z"});
  EXPECT_EQ(both.code, 0) << both.error;
  EXPECT_EQ(both.out, tidbit({"embed", model, "abc"}).out + tidbit({"embed", model, "x y z"}).out);
  EXPECT_EQ(both.out, tidbit({"embed", model, "-"}, "abc\n\nx y z\r\n").out);
  EXPECT_EQ(both.out, tidbit({"embed", model, "abc", "x y z", "--isa", "scalar", "--threads", "3"}).out);
  std::istringstream numbers(both.out.substr(0, both.out.find('\n')));
  double squares = 0;
  int count = 0;
  for (double x; numbers >> x; ++count) squares += x * x;
  EXPECT_EQ(count, 24);
  EXPECT_NEAR(squares, 1, 1e-5);
}

TEST_F(Embed, PrintsJson) {
  const Result result = tidbit({"embed", encoder(), "a \"b\"", "--json"});
  const auto line = nlohmann::json::parse(result.out);
  EXPECT_EQ(line.at("text"), "a \"b\"");
  EXPECT_EQ(line.at("embedding").size(), 24u);
}

TEST_F(Embed, FindsTheLinesThatAreMostLikeAText) {
  const std::string model = encoder(), file = scratch_.write("lines", "q q q\n\nabc\nx y\nabd");
  const Result result = tidbit({"embed", model, "abc", "--search", file, "--top", "2"});
  EXPECT_EQ(result.code, 0) << result.error;
  EXPECT_EQ(result.out.find("1.0000\tabc\n"), 0u) << result.out;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2);
  const Result json = tidbit({"embed", model, "abc", "--search", file, "--top", "1", "--json"});
  EXPECT_EQ(nlohmann::json::parse(json.out).at("text"), "abc");
}

TEST_F(Embed, ManyTextsAreEncodedInTurns) {
  const std::string model = encoder();
  std::string input, expected;
  for (int i = 0; i < 150; ++i) {
    const std::string text(static_cast<std::size_t>(1 + i % 40), static_cast<char>('a' + i % 10));
    input += text + "\n";
    if (i % 29 == 0) expected += tidbit({"embed", model, text}).out;
  }
  std::istringstream lines(tidbit({"embed", model, "-"}, input).out);
  std::string chosen, line;
  for (int i = 0; std::getline(lines, line); ++i) {
    if (i % 29 == 0) chosen += line + "\n";
  }
  EXPECT_EQ(chosen, expected);
}

TEST_F(Embed, RefusesWhatCannotBeEmbedded) {
  const std::string model = encoder();
  expect_refusal({"embed", encoder(false), "abc"}, 1, "does not say how the vectors of tokens become one");
  expect_refusal({"embed", TIDBIT_SAMPLE_BLOB, "abc"}, 1, "needs an encoder");
  expect_refusal({"embed", model, std::string(100, 'a')}, 1, "takes at most 64");
  expect_refusal({"embed", model, "abc", "--search", scratch_.path("nothing")}, 1, "No such file");
  expect_refusal({"embed", model, "a", "b", "--search", model}, 2, "--search takes one text");
  expect_refusal({"embed", model}, 2, "usage: tidbit embed");
  for (const char *command : {"run", "chat", "bench"}) expect_refusal({command, model}, 1, "");
  expect_refusal({"run", model, "-p", "abc"}, 1, "use 'tidbit embed'");
}

TEST_F(Embed, AnEncoderIsVerifiedAndPlanned) {
  const std::string model = encoder();
  EXPECT_NE(tidbit({"verify", model}).out.find("the self-test passes"), std::string::npos);
  EXPECT_NE(tidbit({"plan", model, "--features", "cmake"}).out.find("encoder"), std::string::npos);
  const auto plan = nlohmann::json::parse(tidbit({"plan", model, "--json"}).out);
  EXPECT_EQ(plan.dump().find("null"), std::string::npos);
}

}  // namespace
}  // namespace tidbit::test
