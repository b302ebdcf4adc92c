#include "converter/grammar/expression.h"

#include <utility>

#include "converter/error.h"
#include "text/utf8.h"

namespace tidbit::convert {
namespace {

Expression from_node(const RegexNode &node, const std::string &source, std::string_view pattern) {
  using Kind = RegexNode::Kind;
  if (node.kind == Kind::look) {
    throw ConvertError(source + ": the regular expression " + in_quotes(pattern) +
                       " looks at what follows (\"$\", \"(?=\", possessive repeats), which is not supported here");
  }
  std::vector<Expression> children;
  for (const RegexNode &child : node.children) children.push_back(from_node(child, source, pattern));
  switch (node.kind) {
    case Kind::alternatives:
      return alternatives(std::move(children));
    case Kind::repeat:
      return repeat(std::move(children[0]), node.least, node.most);
    case Kind::character:
      return character(node.set);
    default:
      return sequence(std::move(children));
  }
}

bool ends_with_anchor(std::string_view pattern) {
  if (pattern.empty() || pattern.back() != '$') return false;
  std::size_t backslashes = 0;
  while (backslashes + 1 < pattern.size() && pattern[pattern.size() - 2 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 0;
}

}  // namespace

Expression character(CharSet set) { return {Expression::Kind::character, std::move(set)}; }

Expression exactly(std::string_view utf8) {
  Expression all;
  while (!utf8.empty()) {
    const Character c = utf8_decode(utf8.data(), static_cast<std::uint32_t>(utf8.size() < 4 ? utf8.size() : 4));
    if (c.code_point == kInvalid) throw ConvertError("a text of the grammar is not UTF-8: " + in_quotes(utf8));
    all.children.push_back(character(set_of(c.code_point, c.code_point)));
    utf8.remove_prefix(c.bytes);
  }
  return all;
}

Expression sequence(std::vector<Expression> children) {
  return {Expression::Kind::sequence, {}, 0, 0, 0, std::move(children)};
}

Expression alternatives(std::vector<Expression> children) {
  if (children.size() == 1) return std::move(children[0]);
  return {Expression::Kind::alternatives, {}, 0, 0, 0, std::move(children)};
}

Expression repeat(Expression child, std::uint32_t least, std::uint32_t most) {
  Expression e{Expression::Kind::repeat, {}, least, most};
  e.children.push_back(std::move(child));
  return e;
}

Expression optional(Expression child) { return repeat(std::move(child), 0, 1); }

Expression rule(std::uint32_t index) { return {Expression::Kind::rule, {}, 0, 0, index}; }

Expression regex_expression(std::string_view pattern, const std::string &source, Anchors *anchors) {
  Anchors found;
  std::string_view inner = pattern;
  if (!inner.empty() && inner[0] == '^') {
    found.start = true;
    inner.remove_prefix(1);
  }
  if (ends_with_anchor(inner)) {
    found.end = true;
    inner.remove_suffix(1);
  }
  if (anchors != nullptr) *anchors = found;
  return from_node(parse_regex(std::string(inner), source), source, pattern);
}

}  // namespace tidbit::convert
