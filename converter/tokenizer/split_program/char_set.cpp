#include "converter/tokenizer/split_program/char_set.h"

#include <algorithm>
#include <map>

namespace tidbit::convert {
namespace {

using Sets = std::map<std::string, CharSet, std::less<>>;

const Sets &unicode_sets() {
  static const Sets sets = {
#include "converter/tokenizer/split_program/unicode_sets.inc"
  };
  return sets;
}

// Long names of the categories and of their groups; a group is named by the first letter of its categories.
const std::map<std::string, std::string, std::less<>> &long_names() {
  static const std::map<std::string, std::string, std::less<>> names = {
      {"letter", "l"},
      {"uppercaseletter", "lu"},
      {"lowercaseletter", "ll"},
      {"titlecaseletter", "lt"},
      {"modifierletter", "lm"},
      {"otherletter", "lo"},
      {"mark", "m"},
      {"combiningmark", "m"},
      {"nonspacingmark", "mn"},
      {"spacingmark", "mc"},
      {"enclosingmark", "me"},
      {"number", "n"},
      {"decimalnumber", "nd"},
      {"digit", "nd"},
      {"letternumber", "nl"},
      {"othernumber", "no"},
      {"punctuation", "p"},
      {"punct", "p"},
      {"connectorpunctuation", "pc"},
      {"dashpunctuation", "pd"},
      {"openpunctuation", "ps"},
      {"closepunctuation", "pe"},
      {"initialpunctuation", "pi"},
      {"finalpunctuation", "pf"},
      {"otherpunctuation", "po"},
      {"symbol", "s"},
      {"mathsymbol", "sm"},
      {"currencysymbol", "sc"},
      {"modifiersymbol", "sk"},
      {"othersymbol", "so"},
      {"separator", "z"},
      {"spaceseparator", "zs"},
      {"lineseparator", "zl"},
      {"paragraphseparator", "zp"},
      {"control", "cc"},
      {"cntrl", "cc"},
      {"format", "cf"},
      {"privateuse", "co"},
      {"hira", "hiragana"},
      {"kana", "katakana"},
      {"hani", "han"},
      {"hang", "hangul"},
      {"latn", "latin"},
      {"grek", "greek"},
      {"cyrl", "cyrillic"},
      {"arab", "arabic"},
      {"hebr", "hebrew"},
      {"deva", "devanagari"},
  };
  return names;
}

CharSet tidied(CharSet set) {
  std::sort(set.begin(), set.end());
  CharSet result;
  for (const CharRange range : set) {
    if (!result.empty() && range.first <= result.back().last + 1) {
      result.back().last = std::max(result.back().last, range.last);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

const CharSet &category(const char *name) { return unicode_sets().at(name); }

// All categories whose names begin with this letter.
CharSet group(char letter) {
  CharSet result;
  for (const auto &[name, set] : unicode_sets()) {
    if (name.size() == 2 && name[0] == letter) result.insert(result.end(), set.begin(), set.end());
  }
  return tidied(result);
}

}  // namespace

CharSet set_of(std::uint32_t first, std::uint32_t last) { return {{first, last}}; }

CharSet united(CharSet a, const CharSet &b) {
  a.insert(a.end(), b.begin(), b.end());
  return tidied(std::move(a));
}

CharSet complement(const CharSet &a) {
  CharSet result;
  std::uint32_t next = 0;
  for (const CharRange range : a) {
    if (next < range.first) result.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLastCodePoint) result.push_back({next, kLastCodePoint});
  return result;
}

CharSet intersection(const CharSet &a, const CharSet &b) { return complement(united(complement(a), complement(b))); }

bool contains(const CharSet &a, std::uint32_t code_point) {
  const auto after =
      std::upper_bound(a.begin(), a.end(), code_point, [](std::uint32_t c, CharRange r) { return c < r.first; });
  return after != a.begin() && code_point <= (after - 1)->last;
}

std::optional<CharSet> named_set(std::string_view name) {
  std::string key;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-') continue;
    if (c == '<') return std::nullopt;
    key.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c);
  }
  if (const auto known = long_names().find(key); known != long_names().end()) key = known->second;
  if (key == "any") return set_of(0, kLastCodePoint);
  if (key == "space" || key == "whitespace") return escape_set('s');
  if (key == "lc" || key == "casedletter") return united(united(category("lu"), category("ll")), category("lt"));
  if (key.size() == 1 && std::string_view("lmnpsz").find(key[0]) != std::string_view::npos) return group(key[0]);
  const auto found = unicode_sets().find(key);
  if (found == unicode_sets().end()) return std::nullopt;
  return found->second;
}

CharSet may_have_case() {
  return united(united(united(category("lu"), category("ll")), united(category("lt"), group('m'))), group('n'));
}

CharSet escape_set(char letter) {
  switch (letter) {
    case 's':
      return unicode_sets().at("<pretokenizer space>");
    case 'd':
      return unicode_sets().at("nd");
    case 'w':
      return unicode_sets().at("<word>");
    default:
      return {{'0', '9'}, {'A', 'F'}, {'a', 'f'}};
  }
}

std::vector<CharSet> script_sets() {
  std::vector<CharSet> sets;
  for (;;) {
    const auto found = unicode_sets().find("<pretokenizer script " + std::to_string(sets.size()) + ">");
    if (found == unicode_sets().end()) return sets;
    sets.push_back(found->second);
  }
}

CharSet pre_tokenizer_set(PreTokenizerSet set) {
  switch (set) {
    case PreTokenizerSet::word:
      return unicode_sets().at("<pretokenizer word>");
    case PreTokenizerSet::space:
      return unicode_sets().at("<pretokenizer space>");
    case PreTokenizerSet::punctuation:
      return unicode_sets().at("<pretokenizer punctuation>");
    case PreTokenizerSet::digit:
      break;
  }
  return unicode_sets().at("<pretokenizer digit>");
}

}  // namespace tidbit::convert
