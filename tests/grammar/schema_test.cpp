#include "tests/grammar/support.h"

namespace tidbit::test {
namespace {

TEST(GrammarSchema, ObjectsHaveTheirPropertiesInOrder) {
  const Form form = Form::schema(R"({"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"boolean"},
    "c":{"type":"null"}},"required":["a"]})");
  for (const char *text : {R"({"a":true})", R"({"b": -12, "a": false})", R"({"b":0,"a":true,"c":null})"}) {
    EXPECT_TRUE(form.matches(text)) << text;
  }
  for (const char *text : {"{}", R"({"b":1})", R"({"a":true,"b":1})", R"({"a":true,})", R"({"a":true,"d":1})",
                           R"({"a":  true})", R"({"b":01,"a":true})"}) {
    EXPECT_FALSE(form.matches(text)) << text;
  }
}

TEST(GrammarSchema, OtherPropertiesDoNotRepeatTheNamedOnes) {
  const Form form = Form::schema(R"({"properties":{"ab":{"type":"null"},"a":{"type":"null"}},
    "additionalProperties":{"type":"integer"}})");
  for (const char *text : {"{}", R"({"x":1})", R"({"a":null,"abc":1,"":2})", R"({"ab":null,"a":null,"b":3})"}) {
    EXPECT_TRUE(form.matches(text)) << text;
  }
  for (const char *text : {R"({"a":1})", R"({"ab":1})", R"({"x":null})"}) EXPECT_FALSE(form.matches(text)) << text;
}

TEST(GrammarSchema, StringsHaveLengthsInCharacters) {
  const Form form = Form::schema(R"({"type":"string","minLength":2,"maxLength":3})");
  for (const char *text : {R"("ab")", R"("é東🙂")", R"("\n\"")", R"("\u00e9x")"})
    EXPECT_TRUE(form.matches(text)) << text;
  for (const char *text : {R"("a")", R"("abcd")", "\"a\n\"", R"("\x")", R"("\ud800a")"}) {
    EXPECT_FALSE(form.matches(text)) << text;
  }
}

TEST(GrammarSchema, PatternsAreWrittenAsJson) {
  const Form whole = Form::schema(R"({"type":"string","pattern":"^[\"a\\\\]{2}\\n?$"})");
  EXPECT_TRUE(whole.matches(R"("\"a")"));
  EXPECT_TRUE(whole.matches(R"("\\\"\n")"));
  EXPECT_FALSE(whole.matches(R"("""")"));
  const Form part = Form::schema(R"({"type":"string","pattern":"[0-9]$"})");
  EXPECT_TRUE(part.matches(R"("abc 7")"));
  EXPECT_FALSE(part.matches(R"("7x")"));
}

TEST(GrammarSchema, FormatsAreExact) {
  const Form date = Form::schema(R"({"type":"string","format":"date"})");
  for (const char *text : {"\"2024-02-29\"", "\"2026-11-30\"", "\"2000-12-31\""})
    EXPECT_TRUE(date.matches(text)) << text;
  for (const char *text : {"\"2023-02-29\"", "\"2026-11-31\"", "\"2026-13-01\"", "\"2026-1-1\"", "\"2026-00-10\""}) {
    EXPECT_FALSE(date.matches(text)) << text;
  }
  const Form time = Form::schema(R"({"type":"string","format":"date-time"})");
  EXPECT_TRUE(time.matches("\"2026-11-27T23:59:59.25+01:00\""));
  EXPECT_FALSE(time.matches("\"2026-11-27T24:00:00Z\""));
}

// Every integer around the bounds.
TEST(GrammarSchema, IntegersKeepTheirBounds) {
  const std::pair<int, int> all[] = {{0, 0}, {-7, 13}, {5, 123}, {-120, -9}, {99, 1001}, {-1, 0}, {-100, 100}};
  for (const auto &[least, most] : all) {
    const Form form = Form::schema(R"({"type":"integer","minimum":)" + std::to_string(least) +
                                   R"(,"exclusiveMaximum":)" + std::to_string(most + 1) + "}");
    for (int i = -1200; i <= 1200; ++i) {
      EXPECT_EQ(form.matches(std::to_string(i)), i >= least && i <= most) << least << " " << most << " " << i;
    }
    EXPECT_FALSE(form.matches("007"));
  }
}

// Every number of up to two decimals around the bounds.
TEST(GrammarSchema, NumbersKeepTheirBounds) {
  struct Case {
    const char *schema;
    double least, most;
    bool least_open, most_open;
  };
  const Case all[] = {
      {R"("minimum":-1,"maximum":2)", -1, 2, false, false},
      {R"("exclusiveMinimum":0,"maximum":1)", 0, 1, true, false},
      {R"("minimum":-2,"exclusiveMaximum":0)", -2, 0, false, true},
      {R"("minimum":1,"maximum":1)", 1, 1, false, false},
      {R"("exclusiveMinimum":-2,"exclusiveMaximum":-1)", -2, -1, true, true},
      {R"("minimum":0)", 0, 1e9, false, false},
      {R"("exclusiveMaximum":1)", -1e9, 1, false, true},
  };
  for (const Case &c : all) {
    const Form form = Form::schema(R"({"type":"number",)" + std::string(c.schema) + "}");
    for (int i = -250; i <= 250; ++i) {
      char text[16];
      std::snprintf(text, sizeof text, "%.2f", i / 100.0);
      std::string shortest = text;
      while (shortest.back() == '0') shortest.pop_back();
      if (shortest.back() == '.') shortest.pop_back();
      if (shortest == "-0") shortest = "0";
      const double x = i / 100.0;
      const bool inside = (c.least_open ? x > c.least : x >= c.least) && (c.most_open ? x < c.most : x <= c.most);
      EXPECT_EQ(form.matches(shortest), inside) << c.schema << " " << shortest;
    }
  }
  const Form fine = Form::schema(R"({"type":"number","minimum":-0.25,"maximum":0.5})");
  for (const char *text : {"-0.25", "-0.2", "0.00", "0.499", "0.50", "-0.2499"}) {
    EXPECT_EQ(fine.matches(text), std::string(text) != "-0.2") << text;  // with all decimals of the bounds
  }
  for (const char *text : {"-0.26", "0.501", "0.51", "1.00", "-0.2501"}) EXPECT_FALSE(fine.matches(text)) << text;
}

TEST(GrammarSchema, ArraysHaveTheirLengths) {
  const Form form = Form::schema(R"({"type":"array","items":{"enum":[1,"a",null,[2]]},"minItems":1,"maxItems":3})");
  for (const char *text : {"[1]", R"(["a", null,[2]])"}) EXPECT_TRUE(form.matches(text)) << text;
  for (const char *text : {"[]", "[1,1,1,1]", "[2]", "[1,]"}) EXPECT_FALSE(form.matches(text)) << text;
  const Form tuple = Form::schema(R"({"prefixItems":[{"type":"null"},{"const":1}],"items":false})");
  EXPECT_TRUE(tuple.matches("[null,1]"));
  EXPECT_FALSE(tuple.begins("[null,1,"));
}

TEST(GrammarSchema, ReferencesMayBeRecursive) {
  const Form form =
      Form::schema(R"({"$defs":{"node":{"type":"object","properties":{"left":{"anyOf":[{"$ref":"#/$defs/node"},
    {"type":"null"}]},"a/b":{"type":"integer"}},"required":["left"]}},"anyOf":[{"$ref":"#/$defs/node"}]})");
  EXPECT_TRUE(form.matches(R"({"left":{"left":null,"a/b":1}})"));
  EXPECT_FALSE(form.matches(R"({"left":{"left":1}})"));
  const Form any = Form::schema(R"({"type":"object"})");
  EXPECT_TRUE(any.matches(R"({"a":{"b":[1,[],{}]}})"));
}

TEST(GrammarSchema, TypesMayBeSeveral) {
  const Form form = Form::schema(R"({"type":["string","null","array"],"maxLength":2,"items":{"type":"object",
    "properties":{"x":{"type":"boolean"}},"required":["x"]}})");
  for (const char *text : {"null", "\"ab\"", "[{\"x\":true}]"}) EXPECT_TRUE(form.matches(text)) << text;
  for (const char *text : {"\"abc\"", "1", "[{}]"}) EXPECT_FALSE(form.matches(text)) << text;
}

TEST(GrammarSchema, WhatIsNotSupportedIsRefusedWithItsPlace) {
  const auto message = [](const std::string &json) {
    return failure([&] { convert::compile_schema(json, "s.json"); });
  };
  EXPECT_EQ(message(R"({"type":"object","properties":{"a":{"type":"integer","multipleOf":3}}})"),
            "s.json: #/properties/a: the keyword \"multipleOf\" is not supported here");
  EXPECT_NE(message(R"({"$ref":"other.json"})").find("#/$ref: only references into this file"), std::string::npos);
  EXPECT_NE(message(R"({"$ref":"#/a"})").find("there is no"), std::string::npos);
  EXPECT_NE(message(R"({"$ref":"#"})").find("left recursion"), std::string::npos);
  EXPECT_NE(message(R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})").find("no text at all"),
            std::string::npos);
  EXPECT_NE(message(R"({"oneOf":[{"type":"integer"},{"type":"number"}]})").find("use anyOf"), std::string::npos);
  EXPECT_EQ(message(R"({"oneOf":[{"type":"integer"},{"type":"string"}]})"), "");
  EXPECT_NE(message(R"({"type":"integer","minimum":2,"maximum":1})").find("no integer"), std::string::npos);
  EXPECT_NE(message(R"({"type":"string","pattern":"^a|b$"})").find("^(a|b)$"), std::string::npos);
  EXPECT_NE(message(R"({"type":"string","format":"regex"})").find("\"regex\" is not supported"), std::string::npos);
  EXPECT_NE(message(R"({"enum":[1],"type":"string"})").find("no value of the type"), std::string::npos);
  EXPECT_NE(message(R"({"type":"string","maxLength":20000})").find("10000"), std::string::npos);
  EXPECT_NE(message(R"({"required":["a"]})").find("not among the properties"), std::string::npos);
  EXPECT_NE(message("[1]"), "");
  EXPECT_NE(message("{"), "");
  std::string deep = R"({"type":"null"})";
  for (int i = 0; i < 5000; ++i) deep = R"({"type":"array","items":)" + deep + "}";
  EXPECT_NE(message(deep), "");
}

}  // namespace
}  // namespace tidbit::test
