// Calls of tools: one, several, or none.
#include "converter/grammar/tools.h"

#include "tests/grammar/support.h"

namespace tidbit::test {
namespace {

using convert::CallSyntax;

constexpr char kTools[] = R"([
  {"type": "function", "function": {"name": "light", "description": "On or off", "parameters": {
    "type": "object", "properties": {"room": {"$ref": "#/$defs/place"}, "on": {"type": "boolean"}},
    "required": ["room", "on"], "$defs": {"place": {"enum": ["hall", "kitchen"]}}}}},
  {"name": "heat/er", "parameters": {"properties": {"by": {"$ref": "#/$defs/place"}}, "required": ["by"],
    "$defs": {"place": {"type": "integer", "minimum": 1, "maximum": 9}}}},
  {"function": {"name": "stop"}}])";

Form form(const std::string &tools, const std::optional<CallSyntax> &syntax = std::nullopt) {
  return Form(convert::compile_tools(convert::read_tools(tools, "tools"), "tools", syntax));
}

const std::string kLight = R"({"name": "light", "arguments": {"room": "hall", "on": true}})",
                  kHeater = R"({"name": "heat/er", "arguments": {"by": 7}})",
                  kStop = R"({"name": "stop", "arguments": {}})";

TEST(GrammarTools, AListHasNoneOneOrSeveral) {
  const Form list = form(kTools);
  EXPECT_TRUE(list.matches("[]"));
  for (const std::string &call : {kLight, kHeater, kStop}) EXPECT_TRUE(list.matches("[" + call + "]")) << call;
  EXPECT_TRUE(list.matches("[" + kLight + ", " + kStop + "," + kLight + "]"));
  EXPECT_FALSE(list.matches(kLight));
  EXPECT_FALSE(list.matches("[" + kLight));
  EXPECT_FALSE(list.begins("[]x"));
  EXPECT_FALSE(list.begins("[,"));
}

TEST(GrammarTools, ArgumentsAreThoseOfTheTool) {
  const Form list = form(kTools);
  EXPECT_FALSE(list.begins(R"([{"name": "music")"));
  EXPECT_FALSE(list.begins(R"([{"name": "light", "arguments": {"on")"));
  EXPECT_FALSE(list.begins(R"([{"name": "light", "arguments": {"room": 7)"));
  EXPECT_FALSE(list.begins(R"([{"name": "light", "arguments": {"room": "hall"})"));
  EXPECT_FALSE(list.begins(R"([{"name": "heat/er", "arguments": {"by": "hall")"));
  EXPECT_FALSE(list.begins(R"([{"name": "stop", "arguments": {"on")"));
  EXPECT_FALSE(list.begins(R"([{"arguments")"));
}

TEST(GrammarTools, ASyntaxStandsAroundTheCalls) {
  const CallSyntax syntax = {"<call>\n", "\n<next>\n", "\n</call>", "name", "arguments", true};
  const Form calls = form(kTools, syntax);
  EXPECT_TRUE(calls.matches("<call>\n" + kLight + "\n</call>"));
  EXPECT_TRUE(calls.matches("<call>\n" + kLight + "\n<next>\n" + kStop + "\n</call>"));
  EXPECT_FALSE(calls.matches("<call>\n" + kLight));
  EXPECT_FALSE(calls.begins("<b"));
  EXPECT_FALSE(calls.begins("<call>\n</call>"));
}

TEST(GrammarTools, NoneIsAnyTextThatBeginsOtherwise) {
  const CallSyntax syntax = {"<call>", "", "", "name", "parameters", false};
  const Form calls = form(kTools, syntax);
  EXPECT_TRUE(calls.matches(""));
  EXPECT_TRUE(calls.matches("It is on <b>already</b>.\n\"\xC3\xA9\" {1}"));
  EXPECT_FALSE(calls.begins(" \xFF"));
  const std::string call = R"(<call>{"name": "stop", "parameters": {}})";
  EXPECT_TRUE(calls.matches(call));
  EXPECT_FALSE(calls.begins(call + "<"));
  // Where nothing stands in front of calls, a brace begins one.
  const Form bare = form(kTools, CallSyntax{"", "; ", "", "name", "arguments", true});
  EXPECT_TRUE(bare.matches(kStop + "; " + kLight));
  EXPECT_TRUE(bare.matches("no {}"));
  EXPECT_FALSE(bare.begins("{}"));
}

TEST(GrammarTools, TheListMayBeInAnObject) {
  EXPECT_TRUE(form(R"({"model": "x", "tools": [{"name": "stop"}]})").matches("[" + kStop + "]"));
}

std::string refusal(const std::string &tools) {
  return failure([&] { form(tools); });
}

TEST(GrammarTools, WhatIsNoListOfToolsIsRefusedWithThePlace) {
  EXPECT_NE(refusal("").find("tools: "), std::string::npos);
  EXPECT_EQ(refusal("{}"), "tools: has no list of tools");
  EXPECT_EQ(refusal("[]"), "tools: has no list of tools");
  EXPECT_EQ(refusal("[1]"), "tools: tool 1 is not an object");
  EXPECT_NE(refusal(R"([{"name": "a"}, {"function": {}}])").find("tool 2 has no \"name\""), std::string::npos);
  EXPECT_EQ(refusal(R"([{"name": "a"}, {"name": "a"}])"), "tools: tool 2 has the name of another: \"a\"");
  EXPECT_NE(refusal(R"([{"name": "a", "parameters": {"type": "object", "not": {}}}])").find("#/$defs/a: "),
            std::string::npos);
  EXPECT_NE(refusal(R"([{"name": "a", "parameters": []}])"), "");
  EXPECT_NE(refusal(R"([{"name": "a"}] trailing)"), "");
  std::string many = "[{\"name\": \"0\"}";
  for (int i = 1; i < 65; ++i) many += ", {\"name\": \"" + std::to_string(i) + "\"}";
  EXPECT_EQ(refusal(many + "]"), "tools: has more than 64 tools; use fewer");
}

}  // namespace
}  // namespace tidbit::test
