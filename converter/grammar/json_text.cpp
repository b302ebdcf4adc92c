#include "converter/grammar/json_text.h"

#include <algorithm>
#include <utility>

#include "converter/error.h"
#include "text/utf8.h"

namespace tidbit::convert {
namespace {

Expression regex(std::string_view pattern) { return regex_expression(pattern, "grammar"); }

// All that needs no escape.
CharSet plain_characters() { return {{0x20, 0x21}, {0x23, 0x5B}, {0x5D, kLastCodePoint}}; }

// Characters that are written as a backslash and a letter.
struct Escape {
  char character;
  char letter;
};
constexpr Escape kEscapes[] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                               {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};

std::uint32_t code(char c) { return static_cast<unsigned char>(c); }

// The characters of a set as they are written: those with an escape become it, other control characters drop out.
Expression written(const CharSet &set) {
  std::vector<Expression> ways = {character(intersection(set, plain_characters()))};
  for (const Escape &e : kEscapes) {
    if (contains(set, code(e.character))) ways.push_back(exactly(std::string{'\\', e.letter}));
  }
  return alternatives(std::move(ways));
}

// A trie of texts. What leaves it, or ends inside it, is none of them.
struct Trie {
  std::uint32_t character = 0;  // which leads here
  bool ends = false;
  std::vector<Trie> next = {};
};

void insert(Trie &trie, std::string_view text) {
  Trie *at = &trie;
  while (!text.empty()) {
    const Character c = utf8_decode(text.data(), static_cast<std::uint32_t>(std::min<std::size_t>(text.size(), 4)));
    auto place =
        std::find_if(at->next.begin(), at->next.end(), [&](const Trie &n) { return n.character == c.code_point; });
    if (place == at->next.end()) place = at->next.insert(place, {c.code_point});
    at = &*place;
    text.remove_prefix(c.bytes);
  }
  at->ends = true;
}

Expression outside(const Trie &trie) {
  std::vector<Expression> ways;
  CharSet known;
  for (const Trie &next : trie.next) {
    const CharSet own = set_of(next.character, next.character);
    known = united(known, own);
    ways.push_back(sequence({character(own), outside(next)}));
  }
  const CharSet others = intersection(plain_characters(), complement(known));
  ways.push_back(sequence({character(others), repeat(character(plain_characters()), 0)}));
  return trie.ends ? alternatives(std::move(ways)) : optional(alternatives(std::move(ways)));
}

Expression digit_between(char first, char last) { return character(set_of(code(first), code(last))); }

// Texts of digits, all of one length, from `low` to `high`. `point` digits from the end stands a point, if not 0.
class DigitRange {
 public:
  DigitRange(std::string low, std::string high, std::size_t point)
      : low_(std::move(low)), high_(std::move(high)), point_(point) {}

  Expression expression() const { return from(0, true, true); }

 private:
  Expression digit(std::size_t at, char first, char last) const {
    Expression d = digit_between(first, last);
    if (point_ == 0 || at + point_ != low_.size()) return d;
    return sequence({exactly("."), std::move(d)});
  }

  // `at_low`: the digits so far are those of `low`, so that the next must not be smaller.
  Expression from(std::size_t at, bool at_low, bool at_high) const {
    if (at == low_.size()) return {};
    const char least = at_low ? low_[at] : '0', most = at_high ? high_[at] : '9';
    if (!at_low && !at_high) return sequence({digit(at, '0', '9'), from(at + 1, false, false)});
    if (least == most) return sequence({digit(at, least, most), from(at + 1, at_low, at_high)});
    std::vector<Expression> ways;
    if (at_low) ways.push_back(sequence({digit(at, least, least), from(at + 1, true, false)}));
    if (at_high) ways.push_back(sequence({digit(at, most, most), from(at + 1, false, true)}));
    const char first = static_cast<char>(least + (at_low ? 1 : 0)), last = static_cast<char>(most - (at_high ? 1 : 0));
    if (first <= last) ways.push_back(sequence({digit(at, first, last), from(at + 1, false, false)}));
    return alternatives(std::move(ways));
  }

  std::string low_, high_;
  std::size_t point_;
};

std::string digits_of(long long value, std::size_t least_digits) {
  std::string digits;
  for (; value > 0 || digits.size() < least_digits; value /= 10) digits.push_back(static_cast<char>('0' + value % 10));
  return {digits.rbegin(), digits.rend()};
}

// least / 10^decimals to most / 10^decimals, 0 <= least <= most, with all those decimals written.
Expression fixed(long long least, long long most, std::size_t decimals) {
  const std::string low = digits_of(least, decimals + 1), high = digits_of(most, decimals + 1);
  std::vector<Expression> ways;
  for (std::size_t size = low.size(); size <= high.size(); ++size) {
    std::string first(size, '0'), last(size, '9');
    first[0] = '1';
    if (size == low.size()) first = low;
    if (size == high.size()) last = high;
    ways.push_back(DigitRange(first, last, decimals).expression());
  }
  return alternatives(std::move(ways));
}

Expression minus(Expression e) { return sequence({exactly("-"), std::move(e)}); }

// Further decimals, not all of them zero. Few enough that a number next to an open bound is not read as that bound.
Expression more_decimals(std::size_t decimals) {
  const Expression digits = regex("[0-9]{0,3}[1-9]");
  return decimals == 0 ? sequence({exactly("."), digits}) : digits;
}

// least <= x <= most in units of 10^-decimals; where `open`, not the bound itself. Both are on the same side of 0.
void add_side(long long least, bool least_open, long long most, bool most_open, std::size_t decimals,
              std::vector<Expression> &ways) {
  const long long first = least + (least_open ? 1 : 0), last = most - (most_open ? 1 : 0);
  if (first <= last) ways.push_back(fixed(first, last, decimals));
  if (least < most) ways.push_back(sequence({fixed(least, most - 1, decimals), more_decimals(decimals)}));
}

long long scaled(const Bound &bound, int decimals) {
  long long value = bound.digits;
  for (int i = bound.decimals; i < decimals; ++i) value *= 10;
  return value;
}

}  // namespace

Expression comma() { return regex(", ?"); }
Expression colon() { return regex(": ?"); }

Expression string_character() {
  return alternatives({character(plain_characters()), regex("\\\\[\"\\\\/bfnrt]"),
                       regex("\\\\u([0-9A-CEFa-cef][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2})")});
}

Expression string_of(Expression characters) { return sequence({exactly("\""), std::move(characters), exactly("\"")}); }

Expression in_string(const Expression &e) {
  if (e.kind == Expression::Kind::character) return written(e.set);
  Expression copy = e;
  for (Expression &child : copy.children) child = in_string(child);
  return copy;
}

Expression string_other_than(const std::vector<std::string> &texts) {
  Trie trie;
  for (const std::string &text : texts) {
    const bool is_plain =
        std::all_of(text.begin(), text.end(), [](char c) { return code(c) >= 0x20 && c != '"' && c != '\\'; });
    if (is_plain) insert(trie, text);
  }
  return string_of(outside(trie));
}

Expression integers(long long least, long long most) {
  std::vector<Expression> ways;
  if (most >= 0) ways.push_back(fixed(std::max(least, 0LL), most, 0));
  if (least < 0) ways.push_back(minus(fixed(std::max(-most, 1LL), -least, 0)));
  return alternatives(std::move(ways));
}

Expression any_integer() { return regex("-?(0|[1-9][0-9]{0,14})"); }

Expression any_number() { return regex("-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,15})?([eE][+\\-]?[0-9]{1,2})?"); }

Expression numbers(std::optional<Bound> least, std::optional<Bound> most) {
  const int decimals = std::max(least ? least->decimals : 0, most ? most->decimals : 0);
  const bool least_open = least && least->exclusive, most_open = most && most->exclusive;
  const long long low = least ? scaled(*least, decimals) : -kMostInteger;
  const long long high = most ? scaled(*most, decimals) : kMostInteger;
  const auto places = static_cast<std::size_t>(decimals);
  std::vector<Expression> ways;
  if (high > 0 || (high == 0 && !most_open)) {
    add_side(std::max(low, 0LL), least_open && low >= 0, high, most_open, places, ways);
  }
  std::vector<Expression> negative;
  if (low < 0) {
    // -0 is left out: 0 is above.
    add_side(std::max(-high, 0LL), high >= 0 || most_open, -low, least_open, places, negative);
  }
  if (!negative.empty()) ways.push_back(minus(alternatives(std::move(negative))));
  return alternatives(std::move(ways));
}

std::optional<Expression> string_format(std::string_view name) {
  const std::string date =
      "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
      "02-(0[1-9]|1[0-9]|2[0-8]))|[0-9]{2}(0[48]|[2468][048]|[13579][26])-02-29)";
  const std::string time =
      "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+\\-]([01][0-9]|2[0-3]):[0-5][0-9])";
  if (name == "date") return regex(date);
  if (name == "time") return regex(time);
  if (name == "date-time") return regex(date + "T" + time);
  if (name == "uuid") return regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  if (name == "ipv4") {
    return regex("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])");
  }
  if (name == "email")
    return regex("[a-z0-9_\\-]{1,32}(\\.[a-z0-9_\\-]{1,32})?@[a-z0-9]{1,32}(\\.[a-z0-9]{1,32}){1,2}");
  return std::nullopt;
}

}  // namespace tidbit::convert
