#include "converter/tokenizer/split_program/regex.h"

#include <algorithm>

#include "base/types.h"
#include "converter/error.h"
#include "text/utf8.h"

namespace tidbit::convert {
namespace {

using Kind = RegexNode::Kind;

constexpr std::size_t kMaxPattern = 16384;  // bytes
constexpr int kMaxDepth = 100;              // of groups and classes
constexpr int kMaxRepeats = 8;              // of one another, as in a{2}{3}
constexpr std::uint32_t kMaxCount = 10000;
constexpr std::uint32_t kEnd = 0xFFFFFFFF;

bool is_letter(std::uint32_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
bool is_digit(std::uint32_t c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  Parser(const std::string &pattern, const std::string &source) : pattern_(pattern), source_(source) {
    if (pattern.size() > kMaxPattern) {
      throw ConvertError(source + ": a regular expression of " + std::to_string(pattern.size()) +
                         " bytes is not supported; " + std::to_string(kMaxPattern) + " are the limit");
    }
    for (std::size_t at = 0; at < pattern.size();) {
      const Character c = utf8_decode(pattern.data() + at, static_cast<std::uint32_t>(pattern.size() - at));
      if (c.code_point == kInvalid) refuse("is not UTF-8");
      text_.push_back(c.code_point);
      at += c.bytes;
    }
  }

  RegexNode parse() {
    RegexNode tree = alternatives(0);
    if (at_ < text_.size()) refuse("has a \")\" that closes nothing");
    return tree;
  }

 private:
  [[noreturn]] void refuse(const std::string &what) const {
    throw ConvertError(source_ + ": the regular expression " + what + ": " + pattern_);
  }

  std::uint32_t peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : kEnd; }
  bool next_is(const char *word) const {
    std::size_t i = 0;
    for (; word[i] != 0; ++i) {
      if (peek(i) != static_cast<unsigned char>(word[i])) return false;
    }
    return true;
  }
  bool take(const char *word) {
    if (!next_is(word)) return false;
    at_ += std::char_traits<char>::length(word);
    return true;
  }
  std::uint32_t take_any() {
    if (at_ == text_.size()) refuse("ends too early");
    return text_[at_++];
  }

  RegexNode alternatives(int depth);
  RegexNode sequence(int depth);
  RegexNode quantified(RegexNode inner);
  RegexNode atom(int depth);
  RegexNode group(int depth);
  RegexNode closed(RegexNode inner) {
    if (!take(")")) refuse("has a group that does not end");
    return inner;
  }
  RegexNode with_case(bool any_case, int depth);
  RegexNode look(int depth, bool negative);
  RegexNode atomic(RegexNode inner) const;
  RegexNode possessive(RegexNode inner) const;
  RegexNode escape();
  RegexNode plain(std::uint32_t c);
  bool interval(std::uint32_t *least, std::uint32_t *most);
  std::uint32_t number();

  CharSet char_class(int depth);
  CharSet class_items(int depth);
  CharSet class_item(int depth, bool *single, std::uint32_t *first);
  CharSet posix();
  CharSet property();
  bool escaped_set(std::uint32_t c, CharSet *set);
  std::uint32_t escaped_character(std::uint32_t c);
  std::uint32_t hexadecimal(unsigned least, unsigned most);
  CharSet folded(CharSet set) const;

  const std::string &pattern_;
  const std::string &source_;
  std::vector<std::uint32_t> text_;
  std::size_t at_ = 0;
  bool any_case_ = false;
  std::uint32_t before_ = 0;  // the letter in front of this one in a literal without case, or 0
};

RegexNode Parser::alternatives(int depth) {
  if (depth > kMaxDepth) refuse("has too many groups inside one another");
  const bool any_case = any_case_;
  RegexNode node{Kind::alternatives};
  do {
    node.children.push_back(sequence(depth));
  } while (take("|"));
  any_case_ = any_case;  // an option in the middle holds to the end of its group
  return node.children.size() == 1 ? std::move(node.children[0]) : node;
}

RegexNode Parser::sequence(int depth) {
  RegexNode node;
  before_ = 0;
  while (at_ < text_.size() && peek() != '|' && peek() != ')') node.children.push_back(quantified(atom(depth)));
  before_ = 0;
  return node.children.size() == 1 ? std::move(node.children[0]) : node;
}

std::uint32_t Parser::number() {
  std::uint32_t value = 0;
  while (is_digit(peek())) {
    value = value * 10 + take_any() - '0';
    if (value > kMaxCount) refuse("repeats something too often");
  }
  return value;
}

// {n}, {n,}, {,m} or {n,m}. Anything else is text.
bool Parser::interval(std::uint32_t *least, std::uint32_t *most) {
  const std::size_t begin = at_;
  if (!take("{")) return false;
  const bool low = is_digit(peek());
  *least = number();
  *most = *least;
  bool high = low;
  if (take(",")) {
    high = is_digit(peek());
    *most = high ? number() : RegexNode::kNoLimit;
  }
  if ((low || high) && take("}")) {
    if (*least > *most) refuse("has a repeat whose bounds are in the wrong order");
    return true;
  }
  at_ = begin;
  return false;
}

RegexNode Parser::quantified(RegexNode inner) {
  for (int repeats = 0;; ++repeats) {
    if (repeats > kMaxRepeats) refuse("has too many repeats behind one another");
    std::uint32_t least = 0;
    std::uint32_t most = RegexNode::kNoLimit;
    const bool counted = interval(&least, &most);
    if (!counted) {
      if (take("+")) {
        least = 1;
      } else if (take("?")) {
        most = 1;
      } else if (!take("*")) {
        return inner;
      }
    }
    before_ = 0;
    if (inner.kind == Kind::look) refuse("repeats a look-ahead");
    const bool exact = counted && least == most;  // {n}? is an optional {n}, and {n}+ a repeated one
    inner = repeated(std::move(inner), least, most);
    if (!exact && take("?")) inner.greedy = false;
    if (!counted && inner.greedy && take("+")) inner = possessive(std::move(inner));
  }
}

// For one character repeated there is one way only to match most, so it suffices that no other follows.
RegexNode Parser::possessive(RegexNode inner) const {
  if (inner.children[0].kind != Kind::character) refuse("has a possessive repeat of more than one character");
  const CharSet set = inner.children[0].set;
  RegexNode stop{Kind::look, complement(set), true};
  if (inner.most == RegexNode::kNoLimit) return {Kind::sequence, {}, false, true, 0, 0, {std::move(inner), stop}};
  RegexNode choice{Kind::alternatives};
  choice.children.push_back(repeated(one_of(set), inner.most, inner.most));
  if (inner.least < inner.most) {
    RegexNode fewer = repeated(one_of(set), inner.least, inner.most - 1);
    choice.children.push_back({Kind::sequence, {}, false, true, 0, 0, {std::move(fewer), stop}});
  }
  return choice;
}

RegexNode Parser::atomic(RegexNode inner) const {
  if (inner.kind == Kind::character || inner.kind == Kind::look) return inner;
  const bool plain_repeat = inner.kind == Kind::repeat && inner.children[0].kind == Kind::character && inner.greedy;
  if (!plain_repeat) refuse("has an atomic group of more than one repeated character");
  return possessive(std::move(inner));
}

RegexNode Parser::atom(int depth) {
  const std::uint32_t c = take_any();
  if (c != '\\' && !is_letter(c)) before_ = 0;
  switch (c) {
    case '(':
      return group(depth + 1);
    case '[':
      return one_of(folded(char_class(depth + 1)));
    case '.':
      return one_of(complement(set_of('\n', '\n')));
    case '$':
      return {Kind::look, set_of('\n', '\n'), true};
    case '^':
      refuse("uses \"^\", which is not supported");
    case '*':
    case '+':
    case '?':
      refuse("repeats nothing");
    case '\\':
      return escape();
    default:
      return plain(c);
  }
}

// Without case, some pairs of letters are also equal to one character, such as "ss" to U+00DF.
RegexNode Parser::plain(std::uint32_t c) {
  if (any_case_ && is_letter(c)) {
    const std::uint32_t lower = c | 0x20;
    const char *seconds = before_ == 's' ? "st" : before_ == 'f' ? "fil" : "";
    for (; *seconds != 0; ++seconds) {
      if (lower == static_cast<unsigned char>(*seconds))
        refuse("ignores the case of \"ss\", \"st\" or \"f\" ligatures");
    }
    before_ = lower;
  }
  return one_of(folded(set_of(c, c)));
}

RegexNode Parser::group(int depth) {
  if (!take("?")) return closed(alternatives(depth));
  if (take("#")) {
    while (take_any() != ')') continue;
    return {};
  }
  if (take(":")) return closed(alternatives(depth));
  if (take(">")) return atomic(closed(alternatives(depth)));
  if (take("=")) return look(depth, false);
  if (take("!")) return look(depth, true);
  if (take("i")) return with_case(true, depth);
  if (take("-i")) return with_case(false, depth);
  if (peek() == '<' && peek(1) != '=' && peek(1) != '!') {
    while (take_any() != '>') continue;
    return closed(alternatives(depth));
  }
  refuse("has a group that is not supported, at character " + std::to_string(at_));
}

RegexNode Parser::with_case(bool any_case, int depth) {
  const bool outer = any_case_;
  any_case_ = any_case;
  if (take(")")) {  // to the end of the group around it, alternatives included
    return alternatives(depth);
  }
  if (!take(":")) refuse("has an option other than \"i\"");
  RegexNode node = closed(alternatives(depth));
  any_case_ = outer;
  return node;
}

// True if the node matches one character or the end; such nodes can be looked at without a program of their own.
bool as_look(const RegexNode &node, CharSet *set, bool *at_end) {
  if (node.kind == Kind::alternatives) {
    return std::all_of(node.children.begin(), node.children.end(),
                       [&](const RegexNode &child) { return as_look(child, set, at_end); });
  }
  if (node.kind == Kind::repeat && node.least > 0) return node.least == 1 && as_look(node.children[0], set, at_end);
  if (node.kind != Kind::character && node.kind != Kind::look) return false;
  *set = united(*set, node.set);
  *at_end = *at_end || node.at_end;
  return true;
}

RegexNode Parser::look(int depth, bool negative) {
  const RegexNode inner = closed(alternatives(depth));
  RegexNode node{Kind::look};
  if (!as_look(inner, &node.set, &node.at_end)) refuse("looks ahead at more than one character");
  if (!negative) return node;
  node.set = complement(node.set);
  node.at_end = !node.at_end;
  return node;
}

std::uint32_t Parser::hexadecimal(unsigned least, unsigned most) {
  std::uint32_t value = 0;
  unsigned digits = 0;
  for (; digits < most; ++digits) {
    const std::uint32_t c = peek();
    if (!is_digit(c) && ((c | 0x20) < 'a' || (c | 0x20) > 'f')) break;
    value = value * 16 + (is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    ++at_;
  }
  if (digits < least || value > kLastCodePoint) refuse("has a wrong hexadecimal number");
  return value;
}

// The character that a backslash and `c`, which has been read, stand for.
std::uint32_t Parser::escaped_character(std::uint32_t c) {
  switch (c) {
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    case 'v':
      return '\v';
    case 'a':
      return 7;
    case 'e':
      return 27;
    case 'u':
      return hexadecimal(4, 4);
    case 'x': {
      if (!take("{")) {
        const std::uint32_t value = hexadecimal(1, 2);
        if (value > 0x7F) refuse("has a byte that is not ASCII");
        return value;
      }
      const std::uint32_t value = hexadecimal(1, 8);
      if (!take("}")) refuse("has a wrong hexadecimal number");
      return value;
    }
    default:
      break;
  }
  if (is_letter(c) || is_digit(c)) {
    refuse(std::string("uses \"\\") + static_cast<char>(c) + "\", which is not supported");
  }
  return c;
}

// \s, \p{...} and their like.
bool Parser::escaped_set(std::uint32_t c, CharSet *set) {
  switch (c) {
    case 's':
    case 'd':
    case 'w':
    case 'h':
      *set = escape_set(static_cast<char>(c));
      return true;
    case 'S':
    case 'D':
    case 'W':
    case 'H':
      *set = complement(escape_set(static_cast<char>(c + 0x20)));
      return true;
    case 'p':
      *set = property();
      return true;
    case 'P':
      *set = complement(property());
      return true;
    default:
      return false;
  }
}

CharSet Parser::property() {
  if (!take("{")) refuse("has a \\p without braces");
  const bool negative = take("^");
  std::string name;
  while (peek() != '}') {
    const std::uint32_t c = take_any();
    if (c > 0x7F || name.size() == 40) refuse("names a property that is not supported");
    name.push_back(static_cast<char>(c));
  }
  ++at_;
  const auto set = named_set(name);
  if (!set) refuse("names the property \"" + name + "\", which is not supported");
  return negative ? complement(*set) : *set;
}

RegexNode Parser::escape() {
  const std::uint32_t c = take_any();
  CharSet set;
  if (escaped_set(c, &set)) {
    before_ = 0;
    // Outside of classes, Oniguruma also counts six numbers of Latin-1 as word characters.
    const CharSet numbers = {{0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}};
    if (c == 'w') set = united(std::move(set), numbers);
    if (c == 'W') set = intersection(set, complement(numbers));
    return one_of(folded(std::move(set)));
  }
  if (c == 'z') return {Kind::look, {}, true};
  return plain(escaped_character(c));
}

// Without case: only for ASCII letters, which is what published expressions do, and for sets that it leaves alone.
CharSet Parser::folded(CharSet set) const {
  if (!any_case_) return set;
  for (std::uint32_t c = 'a'; c <= 'z'; ++c) {
    const std::uint32_t other = c == 's' ? 0x17Fu : c == 'k' ? 0x212Au : c;
    if (!contains(set, c) && !contains(set, c - 0x20) && !contains(set, other)) continue;
    set = united(std::move(set), {{c, c}, {c - 0x20, c - 0x20}, {other, other}});
  }
  static const CharSet cased =
      intersection({{0x80, 0x17E}, {0x180, 0x2129}, {0x212B, kLastCodePoint}}, may_have_case());
  const CharSet changed = intersection(set, cased);
  if (!changed.empty() && changed != cased) refuse("ignores the case of letters beyond ASCII");
  return set;
}

// Behind the "[".
CharSet Parser::char_class(int depth) {
  if (depth > kMaxDepth) refuse("has too many classes inside one another");
  const bool negative = take("^");
  CharSet set = class_items(depth);
  while (take("&&")) set = intersection(set, class_items(depth));
  if (!take("]")) refuse("has a class that does not end");
  return negative ? complement(set) : set;
}

CharSet Parser::class_items(int depth) {
  CharSet set;
  for (bool begin = true; begin || peek() != ']'; begin = false) {
    if (at_ == text_.size() || next_is("&&")) break;
    bool single = false;
    std::uint32_t first = 0;
    const CharSet item = class_item(depth, &single, &first);
    if (single && peek() == '-' && peek(1) != ']' && peek(1) != kEnd && !(peek(1) == '&' && peek(2) == '&')) {
      ++at_;
      bool end_single = false;
      std::uint32_t last = 0;
      class_item(depth, &end_single, &last);
      if (!end_single || last < first) refuse("has a range in a class that does not end behind its begin");
      set.push_back({first, last});
    } else {
      set.insert(set.end(), item.begin(), item.end());
    }
    if (set.size() > 100000) refuse("has too large a class");
  }
  return united(std::move(set), {});
}

// A character (then `single`), or a set.
CharSet Parser::class_item(int depth, bool *single, std::uint32_t *first) {
  const std::uint32_t c = take_any();
  if (c == '[') return take(":") ? posix() : char_class(depth + 1);
  CharSet set;
  if (c == '\\') {
    const std::uint32_t name = take_any();
    if (escaped_set(name, &set)) return set;
    *first = name == 'b' ? 8 : escaped_character(name);
  } else {
    *first = c;
  }
  *single = true;
  return set_of(*first, *first);
}

CharSet Parser::posix() {
  const bool negative = take("^");
  CharSet set;
  if (take("space:]")) {
    set = escape_set('s');
  } else if (take("digit:]")) {
    set = escape_set('d');
  } else if (take("word:]")) {
    set = escape_set('w');
  } else if (take("xdigit:]")) {
    set = escape_set('h');
  } else {
    refuse("has a named class that is not supported");
  }
  return negative ? complement(set) : set;
}

}  // namespace

RegexNode one_of(CharSet set) { return {Kind::character, std::move(set)}; }

RegexNode repeated(RegexNode child, std::uint32_t least, std::uint32_t most) {
  return {Kind::repeat, {}, false, true, least, most, {std::move(child)}};
}

RegexNode literal(std::string_view text) {
  RegexNode node;
  while (!text.empty()) {
    const Character c = utf8_decode(text.data(), static_cast<std::uint32_t>(text.size()));
    node.children.push_back(one_of(set_of(c.code_point, c.code_point)));
    text.remove_prefix(c.bytes);
  }
  return node;
}

RegexNode parse_regex(const std::string &pattern, const std::string &source) { return Parser(pattern, source).parse(); }

}  // namespace tidbit::convert
