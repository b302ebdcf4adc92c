// Templates that want to take all time, memory or stack end with an error, and soon.
#include <chrono>

#include "tests/chat/support.h"

namespace tidbit::test {
namespace {

using namespace convert::chat;

std::string repeat(const std::string &text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

void expect_error(const std::string &source, const std::string &what) {
  const auto start = std::chrono::steady_clock::now();
  const std::string text = render(source, {{"messages", {{{"role", "user"}, {"content", "x"}}}}});
  EXPECT_EQ(text.rfind("error: ", 0), 0u) << source.substr(0, 80);
  EXPECT_NE(text.find(what), std::string::npos) << source.substr(0, 80) << ": " << text;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << source.substr(0, 80);
}

TEST(HostileTemplate, EndlessLoopsEnd) {
  const std::string loop = "{% for a in range(100000) %}";
  expect_error(loop + loop + "{% endfor %}{% endfor %}", "steps");
  expect_error(repeat("{% for a in range(1000) %}", 5) + repeat("{% endfor %}", 5), "steps");
  expect_error("{{ range(1000000000) }}", "numbers");
  expect_error("{{ range(999999999999999999) }}", "cannot use");
  expect_error("{{ range(100000) | sort | unique | list }}", "steps");
}

TEST(HostileTemplate, TextsThatDoubleEnd) {
  expect_error("{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
               "bytes");
  expect_error("{% set ns = namespace(x=['a']) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
               "bytes");
  expect_error("{{ 'a' * 999999999999999999 }}", "bytes");
  expect_error("{% set x = 'a' * 1000000 %}{{ x | replace('a', x) }}", "bytes");
  expect_error("{% set x = 'a' * 1000000 %}{{ x.join(x) }}", "bytes");
  expect_error("{{ 'x' | indent(1000000000) }}", "width");
  expect_error("{{ [1] | tojson(indent=1000000000) }}", "indent");
  expect_error("{{ ('a\n' * 1000000) | indent('x' * 1000000) }}", "bytes");
}

TEST(HostileTemplate, SearchesThatTakeSquareTimeEnd) {
  expect_error("{% set x = 'a' * 4000000 %}{{ (('a' * 2000000) ~ 'b') in x }}", "steps");
  expect_error("{% set x = 'a' * 4000000 %}{{ x.split(('a' * 2000000) ~ 'b') }}", "steps");
  expect_error("{% set x = 'a' * 4000000 %}{{ x.strip(x ~ 'b') }}", "steps");
}

TEST(HostileTemplate, DeepNestingEnds) {
  const std::string deep = "nested too deeply";
  expect_error("{{ " + repeat("(", 50000) + "1" + repeat(")", 50000) + " }}", deep);
  expect_error("{{ " + repeat("[", 50000) + repeat("]", 50000) + " }}", deep);
  expect_error("{{ " + repeat("not ", 50000) + "1 }}", deep);
  expect_error("{{ " + repeat("-", 50000) + "1 }}", deep);
  expect_error("{{ 1" + repeat(" + 1", 50000) + " }}", deep);
  expect_error("{{ 1" + repeat(" if 1 else 1", 20000) + " }}", deep);
  expect_error("{{ messages" + repeat("[0]", 50000) + " }}", deep);
  expect_error("{{ messages" + repeat("|list", 40000) + " }}", deep);
  expect_error("{{ a" + repeat(".a", 50000) + " }}", deep);
  expect_error(repeat("{% if 1 %}", 10000) + repeat("{% endif %}", 10000), deep);
  EXPECT_EQ(render("{{ 1" + repeat(" < 1", 50000) + " }}"), "False");
  for (const char *wrap : {"[ns.x]", "[ns.x] | list", "[ns.x][:]", "[ns.x] + []", "{'k': ns.x}", "dict(k=ns.x)",
                           "[ns.x] | map('list') | list", "{'k': [ns.x]}.k"}) {
    expect_error("{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = " + std::string(wrap) +
                     " %}{% endfor %}",
                 "nested too deeply");
  }
}

TEST(HostileTemplate, MacrosThatCallThemselvesEnd) {
  expect_error("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "too deeply");
  expect_error("{% macro m(x) %}{{ m(x) }}{{ m(x) }}{% endmacro %}{{ m('a') }}", "too deeply");
  expect_error("{% macro a(n) %}{% if n > 0 %}{{ a(n - 1) }}{{ a(n - 1) }}{% endif %}{% endmacro %}{{ a(30) }}",
               "steps");
  expect_error("{% macro a(x=a()) %}{% endmacro %}{{ a() }}", "too deeply");
  EXPECT_EQ(render("{{ 'abc' | map('map', 'map', 'upper') | list }}").rfind("error: ", 0), 0u);
}

TEST(HostileTemplate, CirclesOfNamespacesAreFreed) {
  EXPECT_EQ(render("{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}{{ a.b.a.b is defined }}"),
            "True");
  EXPECT_EQ(render("{% set a = namespace(n=none) %}{% for i in range(20000) %}{% set b = namespace(n=a.n) %}"
                   "{% set a.n = b %}{% endfor %}ok"),
            "ok");
}

TEST(HostileTemplate, NumbersThatDoNotOrderCanBeSorted) {
  const std::string numbers =
      "{% set n = 'nan' | float %}{% set big = 2 ** 53 %}{% set x = [1, n, big, big + 1, big + 0.0] %}";
  EXPECT_EQ(render(numbers + "{{ (x + x + x + x + x + x + x + x) | sort | length }}"), "40");
}

TEST(HostileTemplate, ALongTemplateIsRefused) {
  expect_error(std::string(300000, 'a'), "more than the");
  EXPECT_THROW(
      find_pieces(Template("{% for m in messages %}" + std::string(20000, 'x') + "{{ m.content }}{% endfor %}"),
                  Json::object(), kNow),
      TemplateError);
}

TEST(HostileTemplate, FindingPiecesOfOneThatLoopsEndsSoon) {
  const Template looping("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}");
  EXPECT_THROW(find_pieces(looping, Json::object(), kNow), TemplateError);
}

}  // namespace
}  // namespace tidbit::test
