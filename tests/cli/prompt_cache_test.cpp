// tidbit run --cache: the same text as without, whatever the file has, and errors for files that are damaged.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "tests/cli/process.h"

namespace tidbit::test {
namespace {

class PromptCache : public ::testing::Test {
 protected:
  std::string convert(const std::string &family, const Words &more = {}) const {
    std::string model = scratch_.path(family);
    for (const std::string &word : more) model += word;
    Words words = {std::string(TIDBIT_FAMILY_GOLDENS) + "/" + family, "--tokenizer", "none", "-o", model};
    words.insert(words.end(), more.begin(), more.end());
    const Result result = run_program(TIDBIT_CONVERT_PROGRAM, words);
    EXPECT_EQ(result.code, 0) << result.error;
    return model;
  }
  static Result plain(const std::string &model, const std::string &tokens, const Words &more = {}) {
    Words words = {"run", model, "--tokens", tokens, "-n", "8", "--seed", "7", "--stats"};
    words.insert(words.end(), more.begin(), more.end());
    return tidbit(words);
  }
  Result cached(const std::string &model, const std::string &tokens, Words more = {}) const {
    more.insert(more.end(), {"--cache", cache_});
    return plain(model, tokens, more);
  }
  // The output is that without the cache, and as many tokens of the prompt were computed.
  void expect_same(const std::string &model, const std::string &tokens, int computed, const Words &more = {}) const {
    const Result result = cached(model, tokens, more);
    EXPECT_EQ(result.code, 0) << result.error;
    EXPECT_EQ(result.out, plain(model, tokens, more).out) << tokens;
    EXPECT_EQ(result.error.find("prefill: " + std::to_string(computed) + " tokens"), 0u) << tokens << result.error;
  }
  void expect_refusal(const std::string &model, const std::string &path, const std::string &part) const {
    const Result result = tidbit({"run", model, "--tokens", "5,6,7", "-n", "2", "--cache", path});
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
    EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
  }

  Scratch scratch_;
  std::string cache_ = scratch_.path("cache");
};

TEST_F(PromptCache, ComputesOnlyWhatIsNotShared) {
  const std::string model = convert("llama-gqa");
  expect_same(model, "5,6,7,8", 4);
  expect_same(model, "5,6,7,8", 0);
  expect_same(model, "5,6,7,8,9,10", 2);
  expect_same(model, "5,6,7,11,12", 2);
  expect_same(model, "5,6", 1);
  expect_same(model, "5", 1);
  expect_same(model, "9,6,7", 3);
}

TEST_F(PromptCache, TextIsTheSameWithAnySampler) {
  const std::string model = convert("llama-gqa");
  expect_same(model, "5,6,7,8,6,7,8", 7);
  expect_same(model, "5,6,7,8,6,7,8", 0, {"--temp", "0"});
  expect_same(model, "5,6,7,8,6,7,8,3", 1, {"--temp", "2", "--repeat-penalty", "1.5"});
  expect_same(model, "5,6,7,8,6,7,8", 1, {"--top-k", "3", "--logprobs", "2"});
  expect_same(model, "5,6,7,8,6,7,8", 0, {"--context", "12", "--threads", "2"});
}

TEST_F(PromptCache, AnotherModelOrCacheFormatStartsAnew) {
  const std::string model = convert("llama-gqa"), q8 = convert("llama-gqa", {"--kv", "q8"});
  expect_same(model, "5,6,7,8", 4);
  expect_same(q8, "5,6,7,8", 4);
  expect_same(q8, "5,6,7,8", 0);
  expect_same(model, "5,6,7,8", 4);
}

TEST_F(PromptCache, ACacheLongerThanTheContextStartsAnew) {
  const std::string model = convert("llama-gqa");
  expect_same(model, "5,6,7,8,9,10", 6);
  expect_same(model, "5,6,7", 3, {"--context", "5"});
}

TEST_F(PromptCache, WindowsAndConvolutionsTakeUpWholePrompts) {
  for (const char *family : {"lfm2", "ministral"}) {
    SCOPED_TRACE(family);
    const std::string model = convert(family);
    std::string tokens = "3";
    for (int i = 4; i < 39; ++i) tokens += "," + std::to_string(i);
    expect_same(model, tokens, 36, {"-n", "0"});
    expect_same(model, tokens, 0);
    expect_same(model, tokens + ",39,40", 2);
    expect_same(model, tokens + ",3", 37);  // a window's saved keys begin at a multiple of 16, here 32
    unlink(cache_.c_str());
  }
}

TEST_F(PromptCache, EveryDamageIsRefused) {
  const std::string model = convert("llama-gqa");
  ASSERT_EQ(cached(model, "5,6,7").code, 0);
  const std::string good = read_file(cache_);
  ASSERT_GT(good.size(), 300u);
  const size_t step = good.size() / 40;
  for (size_t at = 0; at < good.size(); at += at < 48 ? 1 : step) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    expect_refusal(model, scratch_.write("bad", bad), at < 8 ? "is not a prompt cache" : "is damaged");
    expect_refusal(model, scratch_.write("bad", good.substr(0, at)), scratch_.path("bad"));
    EXPECT_EQ(read_file(scratch_.path("bad")), good.substr(0, at));
  }
  expect_refusal(model, scratch_.write("bad", good + "x"), "is damaged");
}

TEST_F(PromptCache, WhatIsNoCacheIsNotOverwritten) {
  const std::string model = convert("llama-gqa"), text = scratch_.write("text", std::string(100, 'x'));
  expect_refusal(model, text, "is not a prompt cache that --cache wrote");
  EXPECT_EQ(read_file(text), std::string(100, 'x'));
  expect_refusal(model, scratch_.path(""), "is a directory");
  expect_refusal(model, "/dev/null", "is a device");
  const Result result = tidbit({"run", model, "--tokens", "5", "--cache", scratch_.path("no/such")});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.error.find("cannot write"), std::string::npos) << result.error;
}

TEST_F(PromptCache, AFullDiskIsAnErrorAndKeepsTheOldFile) {
  const std::string model = convert("llama-gqa");
  ASSERT_EQ(cached(model, "5,6").code, 0);
  const std::string before = read_file(cache_);
  const size_t files = scratch_.file_count();
  const Result result =
      run_program("/bin/sh", {"-c", "ulimit -f 1; exec \"$0\" \"$@\"", TIDBIT_PROGRAM, "run", model, "--tokens",
                              "5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20", "--cache", cache_});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.error.find("cannot write"), std::string::npos) << result.error;
  EXPECT_EQ(read_file(cache_), before);
  EXPECT_EQ(scratch_.file_count(), files);
}

TEST_F(PromptCache, TwoRunsAtOnceLeaveAWholeFile) {
  const std::string model = convert("llama-gqa");
  for (int round = 0; round < 10; ++round) {
    pid_t processes[2];
    for (int i = 0; i < 2; ++i) {
      const std::string tokens = i == 0 ? "5,6,7,8" : "5,6,9";
      processes[i] = spawn(TIDBIT_PROGRAM, {"run", model, "--tokens", tokens, "-n", "0", "--cache", cache_}, {0, 1, 2});
    }
    for (const pid_t process : processes) EXPECT_EQ(wait_for(process), 0);
  }
  const Result result = cached(model, "5,6,7,8,10");
  EXPECT_EQ(result.code, 0) << result.error;
  EXPECT_EQ(result.out, plain(model, "5,6,7,8,10").out);
}

TEST_F(PromptCache, ChoicesAreNotCached) {
  EXPECT_EQ(tidbit({"run", TIDBIT_SAMPLE_BLOB, "--choice", "a,b", "--cache", cache_}).code, 2);
}

}  // namespace
}  // namespace tidbit::test
