#include <cmath>
#include <set>

#include "tests/grammar/support.h"

namespace tidbit::test {
namespace {

std::string text_of(const TextModel &model, std::int32_t token, int first) {
  char small[8];
  const char *text = nullptr;
  std::uint32_t bytes = 0;
  EXPECT_EQ(tidbit_token_text(model.get(), token, &first, 0, small, &text, &bytes), TIDBIT_OK);
  return {text, bytes};
}

std::set<std::int32_t> allowed(const TextModel &model, const Form &form, const tidbit_grammar_state &state) {
  const SortedVocabulary vocabulary(model.get());
  std::vector<float> logits(vocab_size(model), 1.5f);
  std::uint32_t count = 0;
  tidbit_grammar_mask(form.get(), vocabulary.get(), &state, logits.data(), vocab_size(model), &count);
  std::set<std::int32_t> tokens;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] == 1.5f) {
      tokens.insert(static_cast<std::int32_t>(i));
    } else {
      EXPECT_EQ(logits[i], -HUGE_VALF);
    }
  }
  EXPECT_EQ(tokens.size(), count);
  return tokens;
}

class GrammarMask : public testing::TestWithParam<const char *> {};

std::set<std::int32_t> accepted(const TextModel &model, const Form &form, const tidbit_grammar_state &state) {
  std::set<std::int32_t> tokens;
  for (std::int32_t t = 0; t < static_cast<std::int32_t>(vocab_size(model)); ++t) {
    tidbit_grammar_state next = state;
    const tidbit_status status = tidbit_grammar_accept(form.get(), model.get(), t, &next);
    if (status == TIDBIT_OK) tokens.insert(t);
    EXPECT_TRUE(status == TIDBIT_OK || status == TIDBIT_ERR_NO_TOKEN);
    EXPECT_TRUE(status != TIDBIT_OK || !text_of(model, t, state.first).empty());
  }
  return tokens;
}

// Takes eight tokens, each from the middle of those that are allowed.
void compare(const TextModel &model, const Form &form, int first) {
  tidbit_grammar_state state;
  ASSERT_EQ(tidbit_grammar_start(form.get(), first, &state), TIDBIT_OK);
  for (int step = 0; step < 8; ++step) {
    const auto tokens = allowed(model, form, state);
    ASSERT_EQ(tokens, accepted(model, form, state)) << step;
    if (tokens.empty()) return;
    auto token = tokens.begin();
    std::advance(token, static_cast<std::ptrdiff_t>(tokens.size() / 2));
    ASSERT_EQ(tidbit_grammar_accept(form.get(), model.get(), *token, &state), TIDBIT_OK);
  }
}

// At each token of a text, the mask is what asking for every single token gives.
TEST_P(GrammarMask, EqualsAcceptingEachToken) {
  const TextModel model = golden(GetParam());
  const Form form = Form::regex("( ?[a-z]+ ?|é|東|[0-9]{1,3}|\"[^\"]*\"){3}\\.");
  for (const int first : {0, 1}) compare(model, form, first);
}

// Strings whose plain characters all lead to the same place, and some where one of them does not: where a bound, an
// escape, a letter or a part of Unicode makes the difference, or the rule that the text returns to.
TEST_P(GrammarMask, EqualsAcceptingEachTokenInsideStrings) {
  const TextModel model = golden(GetParam());
  for (const char *pattern : {"[^\"]*", "[^\"\\\\]{0,5}", "[ -~]*", "[^a\"]*", ".{3}[a-z]*", "[^東]*",
                              "[^\\x{10FFFF}]*", "(..)*", "[^\"]{2}\"[^\"]*", "[^\"]{0,70}", "[^é]{0,2}", "..[ -~]?"}) {
    SCOPED_TRACE(pattern);
    compare(model, Form::regex(pattern), 0);
  }
  for (const char *grammar : {R"(root ::= "\n" root "\n" | [^\n"\\]{1,3})", R"(root ::= "\"" root "x" | [^"\\]{1,3})",
                              R"(root ::= "<" root ">" | [^<>"]+)"}) {
    SCOPED_TRACE(grammar);
    compare(model, Form::gbnf(grammar), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Tokenizers, GrammarMask,
                         testing::Values("byte_level", "metaspace", "pieces", "unigram_bytes", "characters",
                                         "word_pieces", "unigram", "prefix_space"),
                         [](const auto &test) { return std::string(test.param); });

TEST(GrammarMaskTokens, MayCrossSymbolsAndHalfACharacter) {
  const TextModel model = golden("byte_level");
  const Form form = Form::regex("é[a-z]*x");
  tidbit_grammar_state state;
  ASSERT_EQ(tidbit_grammar_start(form.get(), 0, &state), TIDBIT_OK);
  for (const std::int32_t token : allowed(model, form, state)) {
    const std::string text = text_of(model, token, 0);
    EXPECT_TRUE(form.begins(text)) << text;
  }
  bool half = false;
  for (const std::int32_t token : allowed(model, form, state)) half = half || text_of(model, token, 0) == "\xC3";
  EXPECT_TRUE(half);
}

// The inner rule allows no further character, but the outer one does.
TEST(GrammarMaskTokens, BehindABoundedStringAreThoseOfTheRuleAround) {
  const TextModel model = golden("byte_level");
  const Form form = Form::gbnf(R"(root ::= "\"" root "e" | [^"\\])");
  tidbit_grammar_state state;
  ASSERT_EQ(tidbit_grammar_start(form.get(), 0, &state), TIDBIT_OK);
  for (const char *text : {"\"", "a"}) {
    const std::int32_t token = tidbit_find_token(model.get(), text, 1);
    ASSERT_EQ(tidbit_grammar_accept(form.get(), model.get(), token, &state), TIDBIT_OK);
  }
  EXPECT_EQ(allowed(model, form, state).size(), 1u);
  EXPECT_EQ(allowed(model, form, state), accepted(model, form, state));
}

TEST(GrammarMaskTokens, OnlyOneIsForced) {
  const TextModel model = golden("characters");
  const SortedVocabulary vocabulary(model.get());
  const auto forced = [&](const Form &form) {
    tidbit_grammar_state state;
    EXPECT_EQ(tidbit_grammar_start(form.get(), 0, &state), TIDBIT_OK);
    return tidbit_grammar_forced(form.get(), vocabulary.get(), &state);
  };
  const std::int32_t a = tidbit_find_token(model.get(), "a", 1);
  ASSERT_GE(a, 0);
  EXPECT_EQ(forced(Form::regex("abc")), a);
  EXPECT_EQ(forced(Form::regex("[ab]")), -1);
  EXPECT_EQ(forced(Form::regex("(ab)?")), a);
}

TEST(GrammarMaskTokens, IfNoneIsLeftThatIsAStatus) {
  const TextModel model = golden("characters");
  const SortedVocabulary vocabulary(model.get());
  const Form form = Form::regex("\\x{1F642}");
  tidbit_grammar_state state;
  ASSERT_EQ(tidbit_grammar_start(form.get(), 0, &state), TIDBIT_OK);
  std::vector<float> logits(vocab_size(model));
  std::uint32_t count = 1;
  EXPECT_EQ(tidbit_grammar_mask(form.get(), vocabulary.get(), &state, logits.data(), vocab_size(model), &count),
            TIDBIT_ERR_NO_TOKEN);
  EXPECT_EQ(count, 0u);
}

TEST(GrammarMaskTokens, ARestoredStateGoesOn) {
  const TextModel model = golden("byte_level");
  const Form form = Form::schema(R"({"type":"object"})");
  tidbit_grammar_state state;
  ASSERT_EQ(tidbit_grammar_start(form.get(), 0, &state), TIDBIT_OK);
  for (const std::int32_t t : model.encode(R"({"a":{"b":[)")) {
    ASSERT_EQ(tidbit_grammar_accept(form.get(), model.get(), t, &state), TIDBIT_OK);
  }
  unsigned char image[sizeof state];
  std::memcpy(image, &state, sizeof state);
  tidbit_grammar_state restored;
  std::memcpy(&restored, image, sizeof image);
  for (const std::int32_t t : model.encode("1]}}")) {
    ASSERT_EQ(tidbit_grammar_accept(form.get(), model.get(), t, &restored), TIDBIT_OK);
  }
  EXPECT_EQ(tidbit_grammar_may_end(form.get(), &restored), 1);
}

}  // namespace
}  // namespace tidbit::test
