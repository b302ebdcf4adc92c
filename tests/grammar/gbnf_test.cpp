#include "tests/grammar/support.h"

namespace tidbit::test {
namespace {

constexpr char kJson[] = R"(root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws

object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws

array  ::=
  "[" ws (
            value
    ("," ws value)*
  )? "]" ws

string ::=
  "\"" (
    [^"\\\x7F\x00-\x1F] |
    "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
  )* "\"" ws

number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws

ws ::= | " " | "\n" [ \t]{0,20}
)";

TEST(GrammarGbnf, ReadsTheGrammarOfJson) {
  const Form form = Form::gbnf(kJson);
  EXPECT_TRUE(form.matches(R"({"a": [1, -2.5e3, {"b": null}], "c":"\u00e9 東"})"));
  EXPECT_FALSE(form.matches(R"({"a": [1,})"));
  EXPECT_FALSE(form.begins(R"({"a": [1,})"));
  EXPECT_FALSE(form.begins("[1"));
}

TEST(GrammarGbnf, RecursionIsBoundedAndNeverEndsInside) {
  const Form form = Form::gbnf("root ::= \"(\" root \")\" | \"x\"");
  const auto nested = [](std::size_t depth) { return std::string(depth, '(') + "x" + std::string(depth, ')'); };
  EXPECT_TRUE(form.matches("x"));
  EXPECT_TRUE(form.matches(nested(TIDBIT_GRAMMAR_DEPTH)));
  EXPECT_FALSE(form.begins(std::string(TIDBIT_GRAMMAR_DEPTH + 1, '(')));
  EXPECT_FALSE(form.matches(nested(5) + ")"));
}

TEST(GrammarGbnf, ListsByRecursionAtTheEndAreNotBounded) {
  const Form form = Form::gbnf("root ::= item | item \",\" root\nitem ::= [0-9]+");
  std::string text = "1";
  for (int i = 0; i < 1000; ++i) text += ",22";
  EXPECT_TRUE(form.matches(text));
}

TEST(GrammarGbnf, RulesThatBeginAlikeAreTakenApart) {
  const Form form = Form::gbnf("root ::= a | b\na ::= \"(a\" a? \")\"\nb ::= \"(b\" b? \")\"");
  for (const char *text : {"(a)", "(b)", "(a(a))", "(b(b(b)))"}) EXPECT_TRUE(form.matches(text)) << text;
  for (const char *text : {"(a(b))", "(b(a))", "(a"}) EXPECT_FALSE(form.matches(text)) << text;
}

TEST(GrammarGbnf, RulesMayBeEmptyAndMayNotEnd) {
  const Form form = Form::gbnf("root ::= a \"x\" | loop\na ::= (\"<\" a \">\")?\nloop ::= \"!\" loop");
  for (const char *text : {"x", "<>x", "<<>>x"}) EXPECT_TRUE(form.matches(text)) << text;
  EXPECT_FALSE(form.begins("!"));
}

TEST(GrammarGbnf, ErrorsNameTheLine) {
  const auto message = [](const std::string &text) { return failure([&] { convert::compile_gbnf(text, "g"); }); };
  EXPECT_NE(message("root ::= \"a\"\nb ::= [z-a]").find("g: line 2: a range"), std::string::npos);
  EXPECT_EQ(message("a ::= \"b\""), "g: there is no rule \"root\"");
  EXPECT_EQ(message(""), "g: there is no rule \"root\"");
  EXPECT_EQ(message("root ::= b"), "g: there is no rule \"b\"");
  EXPECT_NE(message("root ::= \"a\n").find("has no end"), std::string::npos);
  EXPECT_NE(message("root ::= root \"a\" | \"b\"").find("left recursion"), std::string::npos);
  EXPECT_NE(message("root ::= a\na ::= e b \"x\"\nb ::= a | \"c\"\ne ::= \"y\"?").find("left recursion"),
            std::string::npos);
  EXPECT_NE(message("root ::= \"a\" root").find("no text at all"), std::string::npos);
  EXPECT_NE(message("root ::= " + std::string(60000, '(')).find("too many parentheses"), std::string::npos);
  EXPECT_NE(message("root ::= \"a\"\nroot ::= \"b\"").find("is there already"), std::string::npos);
  EXPECT_NE(message("root ::= (([a]{1000}){1000}){1000}").find("too large"), std::string::npos);
  // Which of the two it is, only the end would tell.
  EXPECT_NE(message("root ::= a | b\na ::= \"(\" a? \")a\"\nb ::= \"(\" b? \")b\"").find("too complex"),
            std::string::npos);
  std::string doubling = "root ::= r0\n";
  for (int i = 0; i < 40; ++i)
    doubling += "r" + std::to_string(i) + " ::= r" + std::to_string(i + 1) + " r" + std::to_string(i + 1) + "\n";
  EXPECT_NE(message(doubling + "r40 ::= \"\"").find("too large"), std::string::npos);
  std::string chain = "root ::= r0\n";
  for (int i = 0; i < 4000; ++i) chain += "r" + std::to_string(i) + " ::= r" + std::to_string(i + 1) + "\n";
  EXPECT_NE(message(chain + "r4000 ::= \"a\"").find("inside one another"), std::string::npos);
}

}  // namespace
}  // namespace tidbit::test
