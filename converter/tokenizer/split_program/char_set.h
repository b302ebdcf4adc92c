// Sets of code points, as sorted ranges that neither overlap nor touch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidbit::convert {

inline constexpr std::uint32_t kLastCodePoint = 0x10FFFF;

struct CharRange {
  std::uint32_t first;
  std::uint32_t last;

  auto operator<=>(const CharRange &) const = default;
};

using CharSet = std::vector<CharRange>;

CharSet set_of(std::uint32_t first, std::uint32_t last);
CharSet united(CharSet a, const CharSet &b);
CharSet complement(const CharSet &a);
CharSet intersection(const CharSet &a, const CharSet &b);
bool contains(const CharSet &a, std::uint32_t code_point);

// A general category, a group of categories or a script by its name in \p{...}, in any case, with or without blanks,
// hyphens and underscores.
std::optional<CharSet> named_set(std::string_view name);

// Letters with a case, and all marks and numbers.
CharSet may_have_case();

// \s, \d, \w and \h by their letters, as in a class (outside of one, \w is a little more); what the pre-tokenizers of
// Hugging Face call a word character, white space, punctuation and a digit.
CharSet escape_set(char letter);
// The scripts as UnicodeScripts sees them; first the characters that belong to any.
std::vector<CharSet> script_sets();
enum class PreTokenizerSet { word, space, punctuation, digit };
CharSet pre_tokenizer_set(PreTokenizerSet set);

}  // namespace tidbit::convert
