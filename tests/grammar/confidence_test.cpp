// How certain the values of an answer are, with values that were computed by hand.
#include <cmath>

#include "tests/grammar/support.h"

namespace tidbit::test {
namespace {

struct Token {
  std::string text;
  float logprob;
};
struct Value {
  std::string name, text;
  float logprob;
  bool operator==(const Value &) const = default;
};
std::ostream &operator<<(std::ostream &out, const Value &v) {
  return out << v.name << "=" << v.text << "@" << v.logprob;
}

tidbit_confidence confidence_of(const std::vector<Token> &tokens) {
  tidbit_confidence confidence{};
  for (const Token &t : tokens) {
    EXPECT_EQ(tidbit_confidence_add(&confidence, t.text.data(), static_cast<std::uint32_t>(t.text.size()), t.logprob),
              TIDBIT_OK);
  }
  return confidence;
}

std::vector<Value> values_of(const std::vector<Token> &tokens) {
  const tidbit_confidence confidence = confidence_of(tokens);
  std::string text;
  for (const Token &t : tokens) text += t.text;
  EXPECT_EQ(confidence.bytes, text.size());
  std::vector<Value> values;
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(confidence.count, TIDBIT_VALUES); ++i) {
    const tidbit_value &v = confidence.values[i];
    values.push_back({text.substr(v.name, v.name_bytes), text.substr(v.text, v.text_bytes), v.logprob});
  }
  return values;
}

TEST(Confidence, IsTheSumOfTheTokensOfAValue) {
  const std::vector<Token> tokens = {
      {"{\"room\":", -0.5f}, {"\"ha", -0.25f}, {"ll\"", -0.125f}, {",\"on\"", -1}, {":", 0},
      {"true", -2},          {"}", -4},        {"", -8}};
  EXPECT_EQ(values_of(tokens), (std::vector<Value>{{"room", "\"hall\"", -0.375f}, {"on", "true", -2}}));
  EXPECT_EQ(confidence_of(tokens).logprob, -15.875f);
}

TEST(Confidence, ATokenOfTwoValuesCountsForBoth) {
  EXPECT_EQ(values_of({{"[\"a", -0.5f}, {"\",\"b", -0.25f}, {"\"]", -0.125f}}),
            (std::vector<Value>{{"", "\"a\"", -0.75f}, {"", "\"b\"", -0.375f}}));
}

// 1 could have become 12.
TEST(Confidence, ANumberIsCertainWhenItEnds) {
  EXPECT_EQ(values_of({{"{\"n\":", 0}, {"-1", -0.5f}, {"2.5e3", -0.25f}, {",", -0.125f}, {"\"m\":7", -2}, {"}", -1}}),
            (std::vector<Value>{{"n", "-12.5e3", -0.875f}, {"m", "7", -3}}));
}

TEST(Confidence, QuotationMarksInStringsEndNothing) {
  EXPECT_EQ(values_of({{R"({"a\"b":"c\\)", -1}, {R"(\"d:,")", -2}, {"}", -4}}),
            (std::vector<Value>{{R"(a\"b)", R"("c\\\"d:,")", -3}}));
}

TEST(Confidence, NestedValuesHaveTheKeyInFrontOfThem) {
  EXPECT_EQ(values_of({{R"( {"call": {"args": [1, null], "x": {}}, "ok" : false})", -1}}),
            (std::vector<Value>{{"args", "1", -1}, {"args", "null", -1}, {"ok", "false", -1}}));
}

TEST(Confidence, ATextThatIsNoObjectIsOneValue) {
  EXPECT_EQ(values_of({{"turn", -1}, {" \"it\" on", -2}, {"", -4}}), (std::vector<Value>{{"", "turn \"it\" on", -7}}));
  EXPECT_EQ(values_of({{"\"on", -1}, {"\"", -2}}), (std::vector<Value>{{"", "\"on\"", -3}}));
}

TEST(Confidence, TagsAroundObjectsAreSkipped) {
  EXPECT_EQ(
      values_of({{"<tool", -1}, {"_call>\n{\"name\": \"t", -2}, {"\"}\n</tool_call>\n<true>{\"n\":1}<null>", -4}}),
      (std::vector<Value>{{"name", "\"t\"", -6}, {"n", "1", -4}}));
}

// A string that goes on may be a key. It is shown as a value until then.
TEST(Confidence, TheLastValueMayBeUnfinished) {
  EXPECT_EQ(values_of({{"{\"ke", -1}}), (std::vector<Value>{{"", "\"ke", -1}}));
  EXPECT_EQ(values_of({{"{\"ke", -1}, {"y\"", -2}, {": ", -4}}), std::vector<Value>());
}

TEST(Confidence, ManyValuesAreCountedAndTheFirstOnesKept) {
  std::vector<Token> tokens = {{"[", 0}};
  for (int i = 0; i < 100; ++i) tokens.push_back({"1,", -1});
  const tidbit_confidence confidence = confidence_of(tokens);
  EXPECT_EQ(confidence.count, 100u);
  for (const tidbit_value &v : confidence.values) EXPECT_EQ(v.logprob, -1);
  EXPECT_EQ(confidence.logprob, -100);
}

TEST(Confidence, DoesNotDependOnWhereTokensEnd) {
  const std::string text = R"({"a":"x\u00e9","b":[-1.5,true,{"c":""}],"d":null})";
  const std::vector<Value> whole = values_of({{text, 0}});
  ASSERT_EQ(whole.size(), 5u);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(values_of({{text.substr(0, cut), 0}, {text.substr(cut), 0}}), whole) << cut;
  }
}

TEST(Confidence, WrongArgumentsAreRefused) {
  tidbit_confidence confidence{};
  EXPECT_EQ(tidbit_confidence_add(nullptr, "a", 1, 0), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_confidence_add(&confidence, nullptr, 1, 0), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_confidence_add(&confidence, "a", 1, 0.5f), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_confidence_add(&confidence, "a", 1, std::nanf("")), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_confidence_add(&confidence, "a", 0xFFFFFFFF, 0), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(confidence.bytes, 0u);
  std::memset(&confidence, 0xFF, sizeof confidence);
  EXPECT_EQ(tidbit_confidence_add(&confidence, "a", 1, 0), TIDBIT_ERR_ARGUMENT);
}

// Of "on" and "off", with logits of 2 and 1, "on" has 1 / (1 + exp(-1)), whatever else the model would like to say.
TEST(Confidence, IsAmongWhatTheGrammarAllows) {
  const TextModel model = golden("characters");
  const SortedVocabulary vocabulary(model.get());
  const Form form = Form::regex("o(n|f)");
  const auto id = [&](const char *text) { return tidbit_find_token(model.get(), text, 1); };
  tidbit_grammar_state state;
  ASSERT_EQ(tidbit_grammar_start(form.get(), 0, &state), TIDBIT_OK);
  tidbit_confidence confidence{};
  for (const char *text : {"o", "n"}) {
    std::vector<float> logits(vocab_size(model), 50);
    logits[static_cast<std::size_t>(id("n"))] = 2;
    logits[static_cast<std::size_t>(id("f"))] = 1;
    float logprob = 0;
    ASSERT_EQ(tidbit_grammar_mask(form.get(), vocabulary.get(), &state, logits.data(), vocab_size(model), nullptr),
              TIDBIT_OK);
    ASSERT_EQ(tidbit_logprob(logits.data(), vocab_size(model), id(text), &logprob), TIDBIT_OK);
    ASSERT_EQ(tidbit_confidence_add(&confidence, text, 1, logprob), TIDBIT_OK);
    ASSERT_EQ(tidbit_grammar_accept(form.get(), model.get(), id(text), &state), TIDBIT_OK);
  }
  EXPECT_EQ(confidence.count, 1u);
  EXPECT_NEAR(confidence.values[0].logprob, -std::log1p(std::exp(-1.0)), 1e-6);
}

}  // namespace
}  // namespace tidbit::test
