#include "converter/chat/template_lexer.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "converter/chat/value.h"

namespace tidbit::convert::chat {
namespace {

constexpr std::size_t kMostSource = std::size_t{256} << 10;
constexpr const char *kBlank = " \t\n\r\v\f";

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(char c) { return is_name_start(c) || is_digit(c); }

// All ends of lines become \n, and the last one is dropped.
std::string with_plain_lines(const std::string &source) {
  std::string out;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
    out += source[i] == '\r' ? '\n' : source[i];
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

void append_utf8(std::string &out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | code >> (6 * more));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (code >> (6 * i) & 0x3F));
}

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) {
      const std::size_t tag = next_tag();
      take_text(tag);
      if (tag == source_.size()) break;
      take_tag();
    }
    add(TokenType::end, "");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(const std::string &what) const {
    throw TemplateError("fails in line " + std::to_string(line_) + ": " + what);
  }
  void add(TokenType type, std::string text) { tokens_.push_back({type, std::move(text), line_}); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }

  // To the next position, counting lines.
  void go_to(std::size_t to) {
    line_ += static_cast<std::uint32_t>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                   source_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
    at_ = to;
  }

  std::size_t next_tag() const {
    for (std::size_t tag = source_.find('{', at_); tag != std::string::npos; tag = source_.find('{', tag + 1)) {
      if (tag + 1 == source_.size()) break;
      if (std::string_view("{%#").find(source_[tag + 1]) != std::string_view::npos) return tag;
    }
    return source_.size();
  }

  // The text in front of a tag, less the white space that the tag removes.
  void take_text(std::size_t tag) {
    std::string text = source_.substr(at_, tag - at_);
    const char kind = tag + 1 < source_.size() ? source_[tag + 1] : '\0';
    const char sign = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
    if (tag < source_.size()) strip_before_tag(text, kind, sign);
    if (!text.empty()) add(TokenType::text, text);
    go_to(tag);
  }

  void strip_before_tag(std::string &text, char kind, char sign) const {
    if (sign == '-') {
      text.erase(text.find_last_not_of(kBlank) + 1);
    } else if (sign != '+' && kind != '{') {
      const std::size_t line = text.rfind('\n') + 1;
      if ((line > 0 || at_line_start_) && text.find_first_not_of(" \t", line) == std::string::npos) text.erase(line);
    }
  }

  void take_tag() {
    const char kind = source_[at_ + 1];
    at_ += 2;
    if (kind == '#') return skip_comment();
    if (peek() == '-' || peek() == '+') ++at_;
    if (kind == '%' && take_raw()) return;
    add(kind == '%' ? TokenType::block_begin : TokenType::output_begin, "");
    take_tokens(kind == '%' ? "%}" : "}}");
  }

  // Behind the end of a tag.
  void end_tag(bool minus, bool plus, bool block) {
    const std::size_t begin = at_;
    if (minus) {
      const std::size_t to = source_.find_first_not_of(kBlank, at_);
      go_to(to == std::string::npos ? source_.size() : to);
    } else if (block && !plus && peek() == '\n') {
      go_to(at_ + 1);
    }
    at_line_start_ = at_ > begin && source_[at_ - 1] == '\n';
  }

  void skip_comment() {
    const std::size_t end = source_.find("#}", at_);
    if (end == std::string::npos) fail("a comment does not end");
    const char sign = end > at_ ? source_[end - 1] : '\0';
    go_to(end + 2);
    end_tag(sign == '-', sign == '+', true);
  }

  // Behind "{%": the end of a tag that has only this word, or npos.
  std::size_t end_of_word_tag(std::size_t at, std::string_view word, char *sign) const {
    at = source_.find_first_not_of(kBlank, at);
    if (at == std::string::npos || source_.compare(at, word.size(), word) != 0) return std::string::npos;
    at = source_.find_first_not_of(kBlank, at + word.size());
    if (at == std::string::npos) return at;
    *sign = source_[at];
    if (*sign == '-' || *sign == '+') ++at;
    return source_.compare(at, 2, "%}") == 0 ? at + 2 : std::string::npos;
  }

  // {% raw %} ... {% endraw %}
  bool take_raw() {
    char sign = 0;
    const std::size_t begin = end_of_word_tag(at_, "raw", &sign);
    if (begin == std::string::npos) return false;
    go_to(begin);
    if (sign == '-') end_tag(true, false, true);
    for (std::size_t tag = source_.find("{%", at_); tag != std::string::npos; tag = source_.find("{%", tag + 2)) {
      const char before = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
      const bool has_sign = before == '-' || before == '+';
      const std::size_t end = end_of_word_tag(tag + (has_sign ? 3 : 2), "endraw", &sign);
      if (end == std::string::npos) continue;
      take_text(tag);
      go_to(end);
      end_tag(sign == '-', sign == '+', true);
      return true;
    }
    fail("raw does not end");
  }

  void take_tokens(std::string_view close) {
    std::string open;  // brackets
    while (true) {
      const std::size_t to = source_.find_first_not_of(kBlank, at_);
      if (to == std::string::npos) fail("a tag does not end");
      go_to(to);
      if (open.empty()) {
        const bool sign = peek() == '-' || (peek() == '+' && close == "%}");
        if (source_.compare(at_ + (sign ? 1 : 0), 2, close) == 0) {
          const char first = peek();
          add(close == "%}" ? TokenType::block_end : TokenType::output_end, "");
          at_ += sign ? 3 : 2;
          return end_tag(sign && first == '-', sign && first == '+', close == "%}");
        }
      }
      take_token(open);
    }
  }

  void take_token(std::string &open) {
    const char c = peek();
    if (c == '"' || c == '\'') return take_string(c);
    if (is_digit(c)) return take_number();
    if (is_name_start(c)) {
      std::size_t end = at_;
      while (end < source_.size() && is_name(source_[end])) ++end;
      add(TokenType::name, source_.substr(at_, end - at_));
      at_ = end;
      return;
    }
    take_symbol(open);
  }

  void take_symbol(std::string &open) {
    const char c = peek();
    for (const std::string_view two : {"==", "!=", "<=", ">=", "//", "**"}) {
      if (source_.compare(at_, 2, two) != 0) continue;
      add(TokenType::symbol, std::string(two));
      at_ += 2;
      return;
    }
    if (std::string_view("+-*/%~<>=()[]{}.,:|").find(c) == std::string_view::npos) {
      fail("unexpected character " + in_quotes(std::string(1, c)));
    }
    if (c == '(' || c == '[' || c == '{') open += c;
    if (c == ')' || c == ']' || c == '}') {
      const char other = c == ')' ? '(' : c == ']' ? '[' : '{';
      if (open.empty() || open.back() != other) fail("unexpected " + in_quotes(std::string(1, c)));
      open.pop_back();
    }
    add(TokenType::symbol, std::string(1, c));
    ++at_;
  }

  void take_number() {
    std::string digits;
    bool real = false;
    const auto take_digits = [&] {
      for (; is_digit(peek()) || (peek() == '_' && is_digit(peek(1))); ++at_) {
        if (peek() != '_') digits += peek();
      }
    };
    take_digits();
    if (peek() == '.' && is_digit(peek(1))) {
      real = true;
      digits += source_[at_++];
      take_digits();
    }
    const bool sign = peek(1) == '+' || peek(1) == '-';
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign ? 2 : 1))) {
      real = true;
      digits += source_.substr(at_, sign ? 2 : 1);
      at_ += sign ? 2 : 1;
      take_digits();
    }
    if (digits.size() > (real ? 100 : 18)) fail("the number is too long");
    add(real ? TokenType::real : TokenType::integer, digits);
  }

  std::uint32_t hexadecimal(std::size_t digits) {
    std::uint32_t value = 0;
    for (; digits > 0; --digits, ++at_) {
      const char c = peek();
      if (std::isxdigit(static_cast<unsigned char>(c)) == 0) fail("a text has an escape that is cut short");
      value = value * 16 + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
  }

  void take_escape(std::string &text) {
    const char c = peek();
    ++at_;
    constexpr std::string_view kLetters = "abfnrtv\\'\"", kMeanings = "\a\b\f\n\r\t\v\\'\"";
    if (const std::size_t letter = kLetters.find(c); letter != std::string_view::npos) {
      text += kMeanings[letter];
    } else if (c == 'x' || c == 'u' || c == 'U') {
      const std::uint32_t code = hexadecimal(c == 'x' ? 2 : c == 'u' ? 4 : 8);
      if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) fail("a text has an escape that is no character");
      append_utf8(text, code);
    } else if (c >= '0' && c <= '7') {
      std::uint32_t code = static_cast<std::uint32_t>(c - '0');
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) {
        code = code * 8 + static_cast<std::uint32_t>(source_[at_++] - '0');
      }
      append_utf8(text, code);
    } else if (c == '\n') {
      ++line_;
    } else {
      text += '\\';
      text += c;
    }
  }

  void take_string(char quote) {
    const std::uint32_t line = line_;
    std::string text;
    for (++at_; peek() != quote || at_ >= source_.size();) {
      if (at_ >= source_.size()) fail("a text in quotes does not end");
      if (peek() == '\\' && at_ + 1 < source_.size()) {
        ++at_;
        take_escape(text);
      } else {
        if (peek() == '\n') ++line_;
        text += source_[at_++];
      }
    }
    ++at_;
    tokens_.push_back({TokenType::string, std::move(text), line});
  }

  const std::string source_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  bool at_line_start_ = true;  // of the text that begins at at_
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> cut_template(const std::string &source) {
  if (source.size() <= kMostSource) return Lexer(with_plain_lines(source)).run();
  throw TemplateError("has " + std::to_string(source.size()) + " bytes, more than the " + std::to_string(kMostSource) +
                      " that a template may have");
}

}  // namespace tidbit::convert::chat
