// The reader of all JSON files: bounded, strict, and with errors that name the place.
#include "converter/checkpoint/json.h"

#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

using convert::Json;
using convert::JsonNode;
using convert::JsonStream;

std::string refusal(const std::string &text, const std::vector<JsonStream> &streams = {}) {
  const std::string message = failure([&] { convert::parse_json_object(text, "x.json", streams); });
  EXPECT_EQ(message.find("exception"), std::string::npos) << message;  // the words of the parser
  return message;
}

std::string repeated(const std::string &text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

TEST(Json, KeysThatOccurTwiceAreRefusedAtAnyLevel) {
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":3})"), "x.json: the key \"a\" occurs twice; remove one of the two");
  EXPECT_EQ(refusal(R"({"a":[{"b":{"c":1,"c":1}}]})"), "x.json: the key \"a.b.c\" occurs twice; remove one of the two");
  EXPECT_EQ(refusal(R"({"a":{"c":1},"b":{"c":1}})"), "");
}

TEST(Json, NestedDeeplyIsRefused) {
  const std::string deep = "{\"a\":" + std::string(1u << 20, '[') + std::string(1u << 20, ']') + "}";
  EXPECT_NE(refusal(deep).find("nested deeper than 32 levels at a"), std::string::npos);
  EXPECT_NE(refusal(deep, {{{"a"}, Json::value_t::array}}).find("nested deeper"), std::string::npos);
  EXPECT_NE(refusal(repeated("{\"a\":", 1000)).find("nested deeper"), std::string::npos);
  EXPECT_EQ(refusal("{\"a\":" + std::string(31, '[') + std::string(31, ']') + "}"), "");
}

TEST(Json, DamageIsNamedWithItsPlace) {
  EXPECT_NE(refusal("{\n  \"a\": x\n}").find("line 2, column 8"), std::string::npos);
  EXPECT_NE(refusal("{\"a\":1]").find("line 1, column 7"), std::string::npos);
  EXPECT_NE(refusal("{} x").find("line 1, column 4"), std::string::npos);
  EXPECT_NE(refusal("{\"\xFF\":1}").find("line 1, column 3"), std::string::npos);
  EXPECT_NE(refusal("{\"a\":1e999}").find("line 1, column 10 is out of range"), std::string::npos);
  for (const char *cut : {"", "{", "{\"a\"", "{\"a\":[1,", "{\"a\":tr"}) {
    EXPECT_NE(refusal(cut).find("ends too early"), std::string::npos) << cut;
  }
  for (const char *other : {"[]", "1", "null", "\"a\""}) EXPECT_EQ(refusal(other), "x.json: is not a JSON object");
}

TEST(Json, MoreValuesThanMemoryShouldHoldAreRefused) {
  const std::string list = std::string("[").append(repeated("[],", 200000)).append("[]]");
  EXPECT_NE(refusal("{\"a\":" + list + "}").find("has more than 131072 values at a"), std::string::npos);
  const auto take = [](const std::string &, const Json &) {};
  const std::vector<JsonStream> stream = {{{}, Json::value_t::object, take}};
  EXPECT_NE(refusal("{\"a\":" + list + "}", stream).find("has more than 131072 values at a"), std::string::npos);
}

TEST(Json, LongStringsAndNumbersAreRefusedBeforeTheyAreCopied) {
  const std::string long_text(std::size_t{5} << 20, '1');
  for (const char quote : {'"', ' '}) {
    EXPECT_NE(refusal(std::string("{\"a\":\n") + quote + long_text + quote + "}").find("more than 4 MB at line 2"),
              std::string::npos);
  }
  EXPECT_NE(refusal("{\"" + long_text + "\":1}").find("more than 4 MB"), std::string::npos);
  EXPECT_EQ(refusal("{\"a\":" + std::string(long_text.size(), ' ') + "1}"), "");
}

TEST(Json, StreamedMembersAreHandedOverAndNotKept) {
  std::string taken;
  const auto take = [&](const std::string &key, const Json &value) { taken += key + "=" + value.dump() + ";"; };
  const Json rest = convert::parse_json_object(
      R"({"a":{"list":[1,[2],{"x":3}],"map":{"k":null,"l":{"list":4}}},"b":5,"list":[6]})", "x",
      {{{"a", "list"}, Json::value_t::array, take}, {{"a", "map"}, Json::value_t::object, take}});
  EXPECT_EQ(taken, R"(=1;=[2];={"x":3};k=null;l={"list":4};)");
  EXPECT_EQ(rest, Json::parse(R"({"a":{"list":[],"map":{}},"b":5,"list":[6]})"));
}

TEST(Json, StreamsMayBeLongerThanADocument) {
  std::size_t count = 0;
  const auto take = [&](const std::string &, const Json &) { ++count; };
  const std::string text = "{\"a\":[" + repeated("[1,2],", 300000) + "[]],\"b\":[" + repeated("1,", 300000) + "1]}";
  EXPECT_EQ(refusal(text, {{{"a"}, Json::value_t::array, take}, {{"b"}, Json::value_t::array}}), "");
  EXPECT_EQ(count, 300001u);
}

TEST(Json, AStreamOfAnotherTypeIsDropped) {
  bool taken = false;
  const auto take = [&](const std::string &, const Json &) { taken = true; };
  const Json rest = convert::parse_json_object(R"({"a":[1,2],"b":3})", "x", {{{"a"}, Json::value_t::object, take}});
  EXPECT_FALSE(taken);
  EXPECT_EQ(rest, Json::parse(R"({"a":[],"b":3})"));
}

TEST(JsonNode, NamesThePlaceOfWhatIsWrong) {
  const Json json = Json::parse(R"({"a":{"text":1,"flag":"x","list":{},"null":null},"b":[7]})");
  const JsonNode root(json, "x.json:"), a = root.at("a");
  EXPECT_EQ(failure([&] { a.at("text").text(); }), "x.json: a.text is 1, not a string");
  EXPECT_EQ(failure([&] { a.flag_or("flag", true); }), "x.json: a.flag is \"x\", neither true nor false");
  EXPECT_EQ(failure([&] { a.at("list").size(); }), "x.json: a.list is not a list");
  EXPECT_EQ(failure([&] { a.at("null"); }), "x.json: a has no \"null\"");
  EXPECT_EQ(failure([&] { root.at("b").element(0).at("c"); }), "x.json: b[0] is not an object");
  EXPECT_TRUE(a.flag_or("null", true));
  EXPECT_EQ(a.text_or("none", "usual"), "usual");
}

}  // namespace
}  // namespace tidbit::test
