// The interpreter gives what transformers gives.
#include "tests/chat/support.h"

namespace tidbit::test {
namespace {

using namespace convert::chat;

TEST(Template, RendersAsTransformersDoes) {
  const Json goldens = Json::parse(read_file("goldens/renderings.json"));
  ASSERT_GE(goldens["texts"].size(), 15u);
  for (const auto &[name, texts] : goldens["texts"].items()) {
    const std::string source = read_file("templates/" + name);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string text = render(source, goldens["variables"][i]);
      if (texts[i].is_null()) {
        EXPECT_EQ(text.rfind("error: ", 0), 0u) << name << " " << i << ": " << text;
      } else {
        EXPECT_EQ(text, texts[i].get<std::string>()) << name << " " << i;
      }
    }
  }
}

TEST(Template, WhiteSpaceAroundTagsIsRemovedAsByTransformers) {
  EXPECT_EQ(render("a\n  {% if true %}\n  b\n  {% endif %}\nc\n"), "a\n  b\nc");
  EXPECT_EQ(render("a {%- if true -%} b {%- endif -%} c"), "abc");
  EXPECT_EQ(render("a\n  {%+ if true %}b{% endif %}\nc"), "a\n  bc");
  EXPECT_EQ(render("a {% if true +%}\nb{% endif %}"), "a \nb");
  EXPECT_EQ(render("  {# note #}\nx  {# note #}\ny"), "x  y");
  EXPECT_EQ(render("{{ 1 }}\n{{- 2 }} {{+ 3 }}"), "12 3");
  EXPECT_EQ(render("a\r\nb\rc\r\n"), "a\nb\nc");
}

TEST(Template, AMessageNamesTheLine) {
  EXPECT_EQ(render("\n\n{{ 1 + }}"), "error: fails in line 3: an expression is missing");
  EXPECT_EQ(render("a\n{{ x.y }}"), "error: fails in line 2: \"x\" is undefined, so that it has no \"y\"");
  EXPECT_EQ(render("{{ raise_exception('no ' ~ 1) }}"), "error: fails in line 1: raises \"no 1\"");
  EXPECT_EQ(render("{% include 'x' %}"), "error: fails in line 1: the statement \"include\" is not supported");
  EXPECT_EQ(render("{{ 'x' | nope }}"), "error: fails in line 1: the filter \"nope\" is not supported");
}

TEST(Template, WhatCannotBeParsedIsRefused) {
  for (const char *source : {"{{",
                             "{%",
                             "{#",
                             "{{ 'a }}",
                             "{% if %}",
                             "{% if 1 %}",
                             "{% for x in [1] %}",
                             "{% endif %}",
                             "{{ (1 }}",
                             "{{ 1 ] }}",
                             "{{ a[ }}",
                             "{% set x %}",
                             "{% macro %}",
                             "{% raw %}x",
                             "{{ {'a' 1} }}",
                             "{{ '\\u12' }}",
                             "{{ ? }}",
                             "{% break %}",
                             "{{ f(*x) }}",
                             "{{ 99999999999999999999 }}",
                             "{% for x in y recursive %}{% endfor %}"}) {
    EXPECT_EQ(render(source).rfind("error: fails in line 1", 0), 0u) << source << ": " << render(source);
  }
}

TEST(Template, WhatIsNotPossibleIsAnErrorAndNoCrash) {
  for (const char *source : {"{{ 1 // 0 }}",
                             "{{ 1 % 0 }}",
                             "{{ 9223372036854775807 + 1 }}",
                             "{{ (0 - 9223372036854775807 - 1) // -1 }}",
                             "{{ 2 ** 64 }}",
                             "{{ 'a' + 1 }}",
                             "{{ none | length }}",
                             "{{ 'a' < 1 }}",
                             "{{ [1][::0] }}",
                             "{{ none() }}",
                             "{{ 'x'.nope() }}",
                             "{{ {1: 2} }}",
                             "{% set x.y = 1 %}",
                             "{% for a, b in [1] %}{% endfor %}",
                             "{{ 'a'.split('') }}",
                             "{{ range(0, 5, 0) }}",
                             "{{ namespace | tojson }}",
                             "{{ dict([1]) }}",
                             "{{ 'a' in 1 }}",
                             "{{ '{'.format() }}"}) {
    EXPECT_EQ(render(source).rfind("error: ", 0), 0u) << source << ": " << render(source);
  }
  EXPECT_EQ(render("{{ -999999999999999999 % -1 }}"), "0");
}

TEST(Template, TheDateIsThatOfTheConversion) {
  const Template::Result result = Template("{{ strftime_now('%Y-%m-%d') }}").render(Json::object(), kNow);
  EXPECT_EQ(result.text, "2025-11-26");
  EXPECT_TRUE(result.has_date);
  EXPECT_FALSE(Template("{{ 1 }}").render(Json::object(), kNow).has_date);
}

}  // namespace
}  // namespace tidbit::test
