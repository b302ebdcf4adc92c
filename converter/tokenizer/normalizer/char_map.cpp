#include "converter/tokenizer/normalizer/char_map.h"

#include <algorithm>
#include <cstdlib>

#include "text/utf8.h"

namespace tidbit::convert {
namespace {

#include "converter/tokenizer/normalizer/unicode_maps.inc"

// The numbers of each entry of a list in unicode_maps.inc.
template <class Take>
void for_each_entry(const char *list, Take take) {
  std::vector<std::uint32_t> numbers;
  for (const char *at = list; *at != 0; ++at) {
    char *end = nullptr;
    numbers.push_back(static_cast<std::uint32_t>(std::strtoul(at, &end, 16)));
    at = end;
    if (*at != ';') continue;
    take(numbers);
    numbers.clear();
  }
}

void add_texts(CharMap &map, const char *list) {
  for_each_entry(list, [&map](const std::vector<std::uint32_t> &numbers) {
    std::string text;
    for (std::size_t i = 1; i < numbers.size(); ++i) text += utf8(numbers[i]);
    map.singles[numbers[0]] = text;
  });
}

// Nothing, or a space. The 137,468 characters for private use are three runs.
void add_runs(CharMap &map, const char *list) {
  constexpr std::uint32_t kLong = 1000;
  for_each_entry(list, [&map](const std::vector<std::uint32_t> &numbers) {
    if (numbers[2] == 0 && numbers[1] - numbers[0] >= kLong) return map.dropped.push_back({numbers[0], numbers[1]});
    for (std::uint32_t c = numbers[0]; c <= numbers[1]; ++c) map.singles[c].assign(numbers[2] == 0 ? 0 : 1, ' ');
  });
}

CharSet set_of_runs(const char *list) {
  CharSet set;
  for_each_entry(list, [&set](const std::vector<std::uint32_t> &numbers) {
    set = united(std::move(set), set_of(numbers[0], numbers[1]));
  });
  return set;
}

std::vector<std::uint32_t> classes_of(const char *list, unsigned bits) {
  std::vector<std::uint32_t> table;
  std::uint32_t next = 0;  // behind the last run
  for_each_entry(list, [&](const std::vector<std::uint32_t> &numbers) {
    if (next < numbers[0]) table.push_back(next << bits);
    table.push_back(numbers[0] << bits | numbers[2]);
    next = numbers[1] + 1;
  });
  table.push_back(next << bits);
  return table;
}

}  // namespace

CharMap unicode_map(UnicodeMap which) {
  CharMap map;
  switch (which) {
    case UnicodeMap::nfkd:
      add_texts(map, kNfd);
      add_texts(map, kMoreOfNfkd);
      map.splits_hangul = true;
      break;
    case UnicodeMap::nfd:
      add_texts(map, kNfd);
      map.splits_hangul = true;
      break;
    case UnicodeMap::lowercase:
      add_texts(map, kLowercase);
      break;
    case UnicodeMap::nmt:
      add_runs(map, kNmt);
      break;
    case UnicodeMap::clean_text:
      add_runs(map, kCleanText);
      break;
    case UnicodeMap::drop_marks:
      add_runs(map, kMarks);
      break;
    case UnicodeMap::drop_nonspacing_marks:
      add_runs(map, kNonspacingMarks);
      break;
    case UnicodeMap::chinese:
      map.surrounded = set_of_runs(kChinese);
      break;
  }
  return map;
}

std::vector<std::uint32_t> combining_classes() { return classes_of(kCombiningClasses, 8); }
std::vector<std::uint32_t> grapheme_classes() { return classes_of(kGraphemeClasses, 3); }

std::vector<Composition> compositions() {
  std::vector<Composition> list;
  for_each_entry(kCompositions, [&list](const std::vector<std::uint32_t> &numbers) {
    list.push_back({numbers[0], numbers[1], numbers[2]});
  });
  return list;
}

CharSet normalized_characters(const CharMap &map, bool composes) {
  CharSet set = set_of_runs(kCombiningClasses);
  std::vector<std::uint32_t> composed;
  for (const Composition &pair : compositions()) {
    if (!composes) break;
    composed.push_back(pair.result);
    set.push_back({pair.second, pair.second});
  }
  std::sort(composed.begin(), composed.end());
  const CharMap canonical = unicode_map(UnicodeMap::nfd);
  for (const auto &[character, text] : map.singles) {
    const auto found = canonical.singles.find(character);
    const bool restored = std::binary_search(composed.begin(), composed.end(), character) &&
                          found != canonical.singles.end() && found->second == text;
    if (!restored) set.push_back({character, character});
  }
  if (composes) set.push_back({0x1161, 0x11FF});  // the vowels and trailing letters of Hangul
  if (!composes) set.push_back({0xAC00, 0xD7A3});
  return united(std::move(set), {});
}

std::string utf8(std::uint32_t c) {
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  const std::uint32_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  std::string text(size, 0);
  for (std::uint32_t i = size - 1; i > 0; --i, c >>= 6) text[i] = static_cast<char>(0x80 | (c & 0x3F));
  text[0] = static_cast<char>((0xF00u >> size & 0xFF) | c);
  return text;
}

std::u32string code_points(std::string_view text) {
  std::u32string result;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = utf8_decode(text.data() + at, static_cast<std::uint32_t>(text.size() - at));
    result.push_back(character.code_point);
    at += character.bytes;
  }
  return result;
}

}  // namespace tidbit::convert
