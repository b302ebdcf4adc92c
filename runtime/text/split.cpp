// The regular expressions of the byte-level tokenizers, written out as code. Alternatives are tried in the order of the
// expression. Above ASCII, \s, \p{L} and \p{N} come from the table of classes.
#include "text/split.h"

#include "text/tokenizer_features.h"
#include "text/utf8.h"

namespace tidbit {
namespace {

using format::CharacterClass;
using format::Split;
using format::TokenizerKind;

struct Scanned {
  CharacterClass kind;
  std::uint32_t bytes;
};

CharacterClass ascii_class(unsigned char c) {
  const unsigned char lower = c | 0x20;
  if (lower >= 'a' && lower <= 'z') return CharacterClass::letter;
  if (c >= '0' && c <= '9') return CharacterClass::number;
  return c == ' ' || (c >= 9 && c <= 13) ? CharacterClass::space : CharacterClass::other;
}

class Scanner {
 public:
  Scanner(const Tables &tables, Steps &steps, const char *text, std::uint32_t end)
      : tables_(tables), steps_(steps), text_(text), end_(end) {}

  std::uint32_t gpt2(std::uint32_t at) const;
  std::uint32_t cl100k(std::uint32_t at, std::uint32_t most_digits) const;

 private:
  Scanned scan(std::uint32_t at) const {
    const unsigned char c = static_cast<unsigned char>(text_[at]);
    if (c < 0x80) return {ascii_class(c), 1};
    const Character character = utf8_decode(text_ + at, end_ - at);
    if (character.code_point == kInvalid) return {CharacterClass::other, 1};
    return {tables_.character_class(character.code_point), character.bytes};
  }
  bool is(std::uint32_t at, CharacterClass kind) const { return at < end_ && scan(at).kind == kind; }
  bool is_newline(std::uint32_t at) const { return at < end_ && (text_[at] == '\n' || text_[at] == '\r'); }

  // The end of a run of one class, of at most `most` characters.
  std::uint32_t run(std::uint32_t at, CharacterClass kind, std::uint32_t most = 0xFFFFFFFF) const {
    for (; at < end_ && most > 0 && steps_.take(); --most) {
      const Scanned next = scan(at);
      if (next.kind != kind) break;
      at += next.bytes;
    }
    return at;
  }
  std::uint32_t contraction(std::uint32_t at, bool any_case) const;
  std::uint32_t spaces(std::uint32_t at, bool lines) const;

  const Tables &tables_;
  Steps &steps_;
  const char *text_;
  std::uint32_t end_;
};

// The end of a contraction ('s 't 're 've 'm 'll 'd), or `at` if there is none. If case is ignored, U+017F (long s)
// is an s too.
std::uint32_t Scanner::contraction(std::uint32_t at, bool any_case) const {
  if (text_[at] != '\'' || at + 1 >= end_) return at;
  const char fold = any_case ? 0x20 : 0;
  const char first = static_cast<char>(text_[at + 1] | fold);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
  if (at + 2 >= end_) return at;
  if (any_case && text_[at + 1] == '\xC5' && text_[at + 2] == '\xBF') return at + 3;
  const char second = static_cast<char>(text_[at + 2] | fold);
  const bool pair =
      (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
  return pair ? at + 3 : at;
}

// \s+(?!\S)|\s+: a run of white space leaves its last character to the word that follows. With `lines`, \s*[\r\n]+
// comes first: the run ends with its last line.
std::uint32_t Scanner::spaces(std::uint32_t at, bool lines) const {
  const std::uint32_t stop = run(at, CharacterClass::space);
  for (std::uint32_t line = stop; lines && line > at && steps_.take(); --line) {
    if (is_newline(line - 1)) return line;
  }
  if (stop == end_ || stop == at) return stop;  // `at` if the steps end
  std::uint32_t last = stop - 1;
  while (is_continuation(text_[last])) --last;
  return last == at ? stop : last;
}

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::uint32_t Scanner::gpt2(std::uint32_t at) const {
  const std::uint32_t short_form = contraction(at, false);
  if (short_form != at) return short_form;
  const std::uint32_t word = at + (text_[at] == ' ' ? 1u : 0u);
  if (word == end_) return end_;
  const CharacterClass kind = scan(word).kind;
  return kind == CharacterClass::space ? spaces(at, false) : run(word, kind);
}

// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,most_digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|
// \s*[\r\n]+|\s+(?!\S)|\s+
std::uint32_t Scanner::cl100k(std::uint32_t at, std::uint32_t most_digits) const {
  const std::uint32_t short_form = contraction(at, true);
  if (short_form != at) return short_form;
  const Scanned first = scan(at);
  if (first.kind == CharacterClass::letter) return run(at, CharacterClass::letter);
  if (first.kind == CharacterClass::number) return run(at, CharacterClass::number, most_digits);
  if (!is_newline(at) && is(at + first.bytes, CharacterClass::letter)) {
    return run(at + first.bytes, CharacterClass::letter);
  }
  const std::uint32_t symbols = at + (text_[at] == ' ' ? 1u : 0u);
  if (is(symbols, CharacterClass::other)) {
    std::uint32_t stop = run(symbols, CharacterClass::other);
    while (is_newline(stop) && steps_.take()) ++stop;
    return stop;
  }
  return spaces(at, true);
}

std::uint32_t next_blank(Steps &steps, const char *text, std::uint32_t at, std::uint32_t end) {
  while (at < end && text[at] != ' ' && steps.take()) ++at;
  return at;
}

// The end of the run of characters in which each neighboring pair occurs in some piece. No merge crosses its end.
std::uint32_t joined_end(const Tables &tables, Steps &steps, const char *text, std::uint32_t at, std::uint32_t end) {
  while (at < end && tables.joins(text[at - 1], text[at]) && steps.take()) ++at;
  return at;
}

}  // namespace

std::uint32_t word_end(const Tables &tables, Steps &steps, const char *text, std::uint32_t begin, std::uint32_t end) {
  const Split split = tables.header().split;
  if constexpr (features::has(TokenizerKind::byte_level)) {
    const Scanner scanner(tables, steps, text, end);
    if (split == Split::gpt2) return scanner.gpt2(begin);
    if (split == Split::qwen2) return scanner.cl100k(begin, 1);
    if (split == Split::llama3) return scanner.cl100k(begin, 3);
  }
  if constexpr (features::kBlanks) {
    if (split == Split::joins) return joined_end(tables, steps, text, begin + 1, end);
    if (split == Split::each_blank) return next_blank(steps, text, begin + 1, end);
  }
  return end;
}

}  // namespace tidbit
