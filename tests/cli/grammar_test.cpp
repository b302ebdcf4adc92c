// Models that bring the grammar of their answers along.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "tests/cli/process.h"
#include "tests/support/forged_blob.h"

namespace tidbit::test {
namespace {

constexpr char kSchema[] = R"({"type":"object","properties":{"room":{"enum":["hall","kitchen"]},
  "on":{"type":"boolean"}},"required":["room","on"]})";

Result convert(Words options) {
  options.insert(options.begin(), TIDBIT_SAMPLE_CHECKPOINT);
  return run_program(TIDBIT_CONVERT_PROGRAM, options);
}

class ModelGrammar : public testing::Test {
 protected:
  ModelGrammar() {
    const Result result = convert({"-o", model_, "--schema", scratch_.write("answer.json", kSchema)});
    EXPECT_EQ(result.code, 0) << result.error;
    EXPECT_NE(result.out.find("grammar    --schema answer.json"), std::string::npos) << result.out;
  }

  Result run(Words options) const {
    options.insert(options.begin(), {"run", model_, "-p", "light"});
    return tidbit(options);
  }

  Scratch scratch_;
  const std::string model_ = scratch_.path("model.tidbit");
};

TEST_F(ModelGrammar, IsTheFormOfTheAnswers) {
  for (const char *seed : {"1", "2", "3"}) {
    const Result result = run({"--temp", "2", "--seed", seed});
    ASSERT_EQ(result.code, 0) << result.error;
    const nlohmann::json answer = nlohmann::json::parse(result.out);
    EXPECT_TRUE(answer["room"] == "hall" || answer["room"] == "kitchen") << result.out;
    EXPECT_TRUE(answer["on"].is_boolean());
  }
}

TEST_F(ModelGrammar, ChangesNothingIfItIsTurnedOff) {
  const Words words{"run", TIDBIT_SAMPLE_BLOB, "-p", "light", "--temp", "0", "-n", "30"};
  EXPECT_EQ(run({"--no-grammar", "--temp", "0", "-n", "30"}).out, tidbit(words).out);
}

TEST_F(ModelGrammar, GivesWayToAnotherOne) {
  const std::string other = scratch_.path("other.grammar");
  ASSERT_EQ(run_program(TIDBIT_GRAMMAR_PROGRAM, {"--regex", "yes|no", "-o", other}).code, 0);
  const std::string out = run({"--grammar", other, "--temp", "0"}).out;
  EXPECT_TRUE(out == "yes\n" || out == "no\n") << out;
  EXPECT_EQ(run({"--grammar", other, "--no-grammar"}).code, 2);
}

TEST_F(ModelGrammar, IsShownByInfo) {
  const auto shown = [](const std::string &model) {
    return nlohmann::json::parse(tidbit({"info", model, "--json"}).out)["grammar"].get<bool>();
  };
  EXPECT_TRUE(shown(model_));
  EXPECT_FALSE(shown(TIDBIT_SAMPLE_BLOB));
}

// Forced answers are certain, and two that exclude each other share the probability.
TEST_F(ModelGrammar, GivesTheProbabilityOfEachValue) {
  const auto answer = [&](const std::string &pattern) {
    const std::string file = scratch_.path("probability.grammar");
    EXPECT_EQ(run_program(TIDBIT_GRAMMAR_PROGRAM, {"--regex", pattern, "-o", file}).code, 0);
    const Result result = run({"--grammar", file, "--temp", "0", "--json"});
    EXPECT_EQ(result.code, 0) << result.error;
    return nlohmann::json::parse(result.out);
  };
  const nlohmann::json certain = answer(R"(\{"a":"lamp","b":\[1,null\]\})");
  EXPECT_EQ(certain["text"], R"({"a":"lamp","b":[1,null]})");
  ASSERT_EQ(certain["values"].size(), 3u);
  EXPECT_EQ(certain["values"][0]["name"], "a");
  EXPECT_EQ(certain["values"][0]["value"], "lamp");
  EXPECT_EQ(certain["values"][1]["name"], "b");
  EXPECT_EQ(certain["values"][2]["value"], "null");
  const nlohmann::json open = answer("[a-z]");
  EXPECT_EQ(open["values"].size(), 1u);
  EXPECT_EQ(open["values"][0]["value"], open["text"]);
  EXPECT_GE(open["values"][0]["probability"].get<double>(), 1.0 / 26);
  EXPECT_LE(open["values"][0]["probability"].get<double>(), 1.0);
}

TEST_F(ModelGrammar, WithoutIsNoValue) {
  const Result result = run({"--no-grammar", "--temp", "0", "-n", "5", "--json"});
  ASSERT_EQ(result.code, 0) << result.error;
  const nlohmann::json line = nlohmann::json::parse(result.out);
  EXPECT_FALSE(line.contains("values"));
  EXPECT_EQ(line["ended"], "number of tokens");
  EXPECT_EQ(line["text"].get<std::string>() + "\n", run({"--no-grammar", "--temp", "0", "-n", "5"}).out);
  for (const Words &words : {Words{"--tokens", "1"}, Words{"--stop", "a"}, Words{"--echo"}, Words{"--logprobs", "1"}}) {
    Words all = words;
    all.insert(all.begin(), {"run", model_, "--json"});
    EXPECT_EQ(tidbit(all).code, 2);
  }
}

TEST_F(ModelGrammar, IsRefusedIfItIsDamaged) {
  std::string blob = read_file(model_);
  const std::size_t grammar = blob.find("TBGR");
  ASSERT_NE(grammar, std::string::npos);
  for (const std::size_t field : {0u, 4u, 8u, 12u, 20u}) {
    std::string damaged = blob;
    damaged[grammar + field + 2] = '\x7F';
    const Words words{"run", scratch_.write("damaged.tidbit", damaged), "-p", "light", "-n", "1"};
    const Result result = tidbit(words);
    EXPECT_EQ(result.code, 1) << field;
    EXPECT_NE(result.error.find("the grammar in it"), std::string::npos) << result.error;
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1);
    Words without = words;
    without.emplace_back("--no-grammar");
    EXPECT_EQ(tidbit(without).code, 0);
  }
}

// With checksums that are right, as someone would forge them.
TEST_F(ModelGrammar, IsCheckedByVerify) {
  const std::string text = read_file(model_);
  const AlignedBytes bytes{std::as_bytes(std::span(text.data(), text.size()))};
  ForgedBlob blob(bytes);
  const auto write = [&] {
    blob.refresh_checksum();
    const auto *data = reinterpret_cast<const char *>(blob.data());
    return scratch_.write("forged.tidbit", {data, blob.bytes().size()});
  };
  EXPECT_EQ(tidbit({"verify", write()}).code, 0);
  for (std::uint32_t i = 0; i < blob.header().section_count; ++i) {
    format::Section &section = blob.sections()[i];
    if (section.kind != format::SectionKind::grammars) continue;
    blob.data()[section.offset + 24 + 20] = std::byte{0xFF};  // the start, behind a record
    section.checksum = tidbit_hash(blob.data() + section.offset, section.bytes);
  }
  const Result result = tidbit({"verify", write()});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.error.find("the grammar in it"), std::string::npos) << result.error;
}

TEST_F(ModelGrammar, NeedsATokenizerAndOneSource) {
  const std::string schema = scratch_.path("answer.json"), out = scratch_.path("out.tidbit");
  EXPECT_EQ(convert({"-o", out, "--tokenizer", "none", "--schema", schema}).code, 1);
  EXPECT_EQ(convert({"-o", out, "--regex", "a", "--schema", schema}).code, 2);
  EXPECT_EQ(convert({"-o", out, "--schema", scratch_.path("missing.json")}).code, 1);
  const Result bad = convert({"-o", out, "--regex", "("});
  EXPECT_EQ(bad.code, 1);
  EXPECT_EQ(std::count(bad.error.begin(), bad.error.end(), '\n'), 1);
  EXPECT_EQ(read_file(out), "");
}

}  // namespace
}  // namespace tidbit::test
