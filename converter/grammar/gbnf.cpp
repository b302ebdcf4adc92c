// Grammars in the notation of llama.cpp:
//
//   root   ::= "[" (number ("," number)*)? "]"   # a comment
//   number ::= [0-9]+ | "-" [0-9]{1,3}
//
// The rule "root" is the whole text. A rule ends at the end of its line, except inside of parentheses and behind "|".
#include <map>
#include <string_view>

#include "converter/error.h"
#include "converter/grammar/compile.h"
#include "text/utf8.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 20;
constexpr std::uint32_t kMaxNesting = 100;
constexpr std::uint32_t kMaxCount = 10000;

class Parser {
 public:
  Parser(std::string_view text, const std::string &source) : text_(text), source_(source) {
    if (text.size() > kMaxText) throw ConvertError(source + ": has more than 1 MiB");
  }

  Rules parse() {
    rule_of("root");
    skip(true);
    while (at_ < text_.size()) {
      read_rule();
      skip(true);
    }
    for (std::size_t i = 0; i < is_defined_.size(); ++i) {
      if (!is_defined_[i]) throw ConvertError(source_ + ": there is no rule " + in_quotes(rules_.names[i]));
    }
    return std::move(rules_);
  }

 private:
  [[noreturn]] void refuse(const std::string &what) const {
    std::size_t line = 1;
    for (std::size_t i = 0; i < at_ && i < text_.size(); ++i) line += text_[i] == '\n' ? 1 : 0;
    throw ConvertError(source_ + ": line " + std::to_string(line) + ": " + what);
  }

  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  // Blanks and comments; line ends only where a rule goes on behind them.
  void skip(bool lines) {
    for (;;) {
      if (peek() == '#') {
        while (at_ < text_.size() && peek() != '\n' && peek() != '\r') ++at_;
      }
      const char c = peek();
      if (at_ == text_.size() || (c != ' ' && c != '\t' && !(lines && (c == '\n' || c == '\r')))) return;
      ++at_;
    }
  }

  static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  }
  std::string_view name() {
    const std::size_t begin = at_;
    while (is_word(peek())) ++at_;
    if (at_ == begin) refuse("expected the name of a rule");
    return text_.substr(begin, at_ - begin);
  }

  std::uint32_t rule_of(std::string_view name) {
    const auto [known, is_new] =
        numbers_.emplace(std::string(name), static_cast<std::uint32_t>(rules_.expressions.size()));
    if (is_new) {
      rules_.expressions.emplace_back();
      rules_.names.emplace_back(name);
      is_defined_.push_back(false);
    }
    return known->second;
  }

  void read_rule() {
    const std::uint32_t index = rule_of(name());
    skip(false);
    if (!take("::=")) refuse("expected \"::=\" behind the name of a rule");
    if (is_defined_[index]) refuse("the rule " + in_quotes(rules_.names[index]) + " is there already");
    is_defined_[index] = true;
    skip(true);
    Expression e = ways(0);
    rules_.expressions[index] = std::move(e);
    if (at_ < text_.size() && peek() != '\n' && peek() != '\r')
      refuse(std::string("did not expect \"") + peek() + "\"");
  }

  Expression ways(std::uint32_t depth) {
    if (depth > kMaxNesting) refuse("too many parentheses inside one another");
    std::vector<Expression> all;
    do {
      skip(true);
      all.push_back(parts(depth));
    } while (take("|"));
    return alternatives(std::move(all));
  }

  Expression parts(std::uint32_t depth) {
    Expression all;
    for (;;) {
      skip(depth > 0);
      const char c = peek();
      if (at_ == text_.size() || c == '|' || c == ')' || c == '\n' || c == '\r') return all;
      all.children.push_back(repeats(atom(depth)));
    }
  }

  Expression repeats(Expression e) {
    for (int times = 0;; ++times) {
      if (times > 8) refuse("too many repeats behind one another");
      if (take("*")) {
        e = repeat(std::move(e), 0);
      } else if (take("+")) {
        e = repeat(std::move(e), 1);
      } else if (take("?")) {
        e = optional(std::move(e));
      } else if (take("{")) {
        e = counted(std::move(e));
      } else {
        return e;
      }
    }
  }

  std::uint32_t number() {
    std::uint32_t value = 0;
    if (peek() < '0' || peek() > '9') refuse("expected a number");
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + static_cast<std::uint32_t>(text_[at_++] - '0');
      if (value > kMaxCount) refuse("a count is above " + std::to_string(kMaxCount));
    }
    return value;
  }

  Expression counted(Expression e) {
    skip(true);
    const std::uint32_t least = number();
    std::uint32_t most = least;
    skip(true);
    if (take(",")) {
      skip(true);
      most = peek() == '}' ? Expression::kNoLimit : number();
      skip(true);
    }
    if (!take("}")) refuse("expected \"}\" behind a count");
    if (least > most) refuse("the first count is above the second");
    return repeat(std::move(e), least, most);
  }

  Expression atom(std::uint32_t depth) {
    if (take("\"")) return text();
    if (take("[")) return char_class();
    if (take(".")) return character(set_of(0, kLastCodePoint));
    if (take("(")) {
      Expression inner = ways(depth + 1);
      skip(true);
      if (!take(")")) refuse("expected \")\"");
      return inner;
    }
    if (!is_word(peek())) refuse(std::string("did not expect \"") + peek() + "\"");
    return rule(rule_of(name()));
  }

  Expression text() {
    Expression all;
    while (!take("\"")) {
      const std::uint32_t c = one_character();
      all.children.push_back(character(set_of(c, c)));
    }
    return all;
  }

  Expression char_class() {
    const bool negative = take("^");
    CharSet set;
    while (!take("]")) {
      const std::uint32_t first = one_character();
      std::uint32_t last = first;
      if (peek() == '-' && peek(1) != ']') {
        ++at_;
        last = one_character();
      }
      if (last < first) refuse("a range in [...] ends before it begins");
      set.push_back({first, last});
    }
    set = united(std::move(set), {});
    return character(negative ? complement(set) : set);
  }

  // Also \n, \x41, \u0041 and \U00000041.
  std::uint32_t one_character() {
    if (at_ == text_.size() || peek() == '\n' || peek() == '\r') refuse("a text or class has no end");
    if (take("\\")) return escape();
    const auto left = static_cast<std::uint32_t>(text_.size() - at_ < 4 ? text_.size() - at_ : 4);
    const Character c = utf8_decode(text_.data() + at_, left);
    if (c.code_point == kInvalid) refuse("is not UTF-8");
    at_ += c.bytes;
    return c.code_point;
  }

  std::uint32_t escape() {
    const char c = peek();
    if (at_ < text_.size()) ++at_;
    switch (c) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'x':
        return hexadecimal(2);
      case 'u':
        return hexadecimal(4);
      case 'U':
        return hexadecimal(8);
      case '\\':
      case '"':
      case '[':
      case ']':
      case '^':
      case '-':
      case '/':
        return static_cast<unsigned char>(c);
      default:
        refuse("a backslash in front of something other than n r t x u U \\ \" [ ] ^ - /");
    }
  }

  std::uint32_t hexadecimal(int digits) {
    std::uint32_t value = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = peek();
      const char lower = static_cast<char>(c | 0x20);
      const bool digit = c >= '0' && c <= '9';
      if (!digit && (lower < 'a' || lower > 'f')) refuse("expected " + std::to_string(digits) + " hexadecimal digits");
      value = value << 4 | static_cast<std::uint32_t>(digit ? c - '0' : lower - 'a' + 10);
      ++at_;
    }
    if (value > kLastCodePoint) refuse("there is no such character");
    return value;
  }

  std::string_view text_;
  const std::string &source_;
  std::size_t at_ = 0;
  Rules rules_;
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::vector<bool> is_defined_;
};

}  // namespace

std::vector<std::byte> compile_gbnf(const std::string &text, const std::string &source) {
  return compile_grammar(Parser(text, source).parse(), source);
}

}  // namespace tidbit::convert
