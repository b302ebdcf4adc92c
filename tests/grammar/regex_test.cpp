#include <regex>

#include "tests/grammar/support.h"

namespace tidbit::test {
namespace {

TEST(GrammarRegex, MatchesWholeTexts) {
  const Form form = Form::regex("ab*(c|de){2,3}x?");
  for (const char *text : {"acc", "abbccdex", "adedede"}) EXPECT_TRUE(form.matches(text)) << text;
  for (const char *text : {"", "a", "ac", "acccc", "xacc", "accxx"}) EXPECT_FALSE(form.matches(text)) << text;
  EXPECT_TRUE(form.begins("ac"));
  EXPECT_FALSE(form.begins("ad "));
}

// Against the standard library's matcher, for all short texts over an alphabet of three.
TEST(GrammarRegex, AgreesWithAnotherMatcher) {
  for (const char *pattern :
       {"(a|b)*abb", "a?b?c?", "(ab|c)+", "a{2,4}b", "((a|b)(b|c)){0,2}", "[^a]+", "(a*b)*c", "a{0}b"}) {
    const Form form = Form::regex(pattern);
    const std::regex expected(pattern);
    std::vector<std::string> texts = {""};
    for (std::size_t i = 0; texts[i].size() < 6; ++i) {
      for (const char c : {'a', 'b', 'c'}) texts.push_back(texts[i] + c);
    }
    for (const std::string &text : texts) {
      ASSERT_EQ(form.matches(text), std::regex_match(text, expected)) << pattern << " " << text;
    }
  }
}

TEST(GrammarRegex, ClassesAreSetsOfCharactersNotOfBytes) {
  const Form form = Form::regex("[à-ÿ東🙂]{2}");
  EXPECT_TRUE(form.matches("éû"));
  EXPECT_TRUE(form.matches("東🙂"));
  EXPECT_FALSE(form.matches("e\xC3"));
  EXPECT_FALSE(form.matches("é"));
  EXPECT_TRUE(form.begins("\xE6\x9D"));
  EXPECT_FALSE(form.begins("\xE6\x9E"));
}

TEST(GrammarRegex, NeverAllowsWhatIsNotUtf8) {
  const Form form = Form::regex("(.|\\n)*");
  EXPECT_TRUE(form.matches("any ÿ text 東\n\U0010FFFF"));
  for (const char *text : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80"}) {
    EXPECT_FALSE(form.begins(text));
  }
  EXPECT_FALSE(form.matches("\xE6\x9D"));
}

TEST(GrammarRegex, AutomatonIsMinimal) {
  EXPECT_EQ(Form::regex("(a|b)*abb").states(), 4u);
  EXPECT_EQ(Form::regex("abc|abd|xbc|xbd").states(), 4u);
  EXPECT_EQ(Form::regex("[a-z]{0,100}").states(), 101u);
}

TEST(GrammarRegex, AnchorsAroundTheWholeSayNothing) { EXPECT_TRUE(Form::regex("^a|b\\$$").matches("b$")); }

TEST(GrammarRegex, WhatCannotBeCompiledIsRefused) {
  const auto message = [](const std::string &pattern) {
    return failure([&] { convert::compile_regex(pattern, "--regex"); });
  };
  EXPECT_NE(message("a(?=b)").find("looks at what follows"), std::string::npos);
  EXPECT_NE(message("(a").find("does not end"), std::string::npos);
  EXPECT_NE(message("[^\\x00-\\x{10FFFF}]").find("no text at all"), std::string::npos);
  EXPECT_NE(message(std::string(60000, '(')).find("16384"), std::string::npos);
  EXPECT_NE(message(std::string(8000, '(') + std::string(8000, ')')).find("too many groups"), std::string::npos);
  EXPECT_NE(message("(a|b)*a(a|b){40}").find("too complex"), std::string::npos);
  EXPECT_NE(message("((a{1000}){1000}){1000}").find("too large"), std::string::npos);
  EXPECT_NE(message("(a?){10000}(b?){10000}"), "");
}

}  // namespace
}  // namespace tidbit::test
