// What characters, and sequences of them, become; and the maps of the normalizers of Hugging Face.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "converter/tokenizer/split_program/char_set.h"

namespace tidbit::convert {

struct CharMap {
  std::map<std::uint32_t, std::string> singles;
  std::map<std::u32string, std::string> sequences;  // of two characters and more
  CharSet dropped;                                  // long runs of characters that become nothing; none is in `singles`
  CharSet surrounded;                               // by spaces
  bool splits_hangul = false;                       // syllables become letters
};

enum class UnicodeMap { nfd, nfkd, lowercase, nmt, clean_text, drop_marks, drop_nonspacing_marks, chinese };
CharMap unicode_map(UnicodeMap which);

// First code point << bits | value; each entry holds until the next.
std::vector<std::uint32_t> combining_classes();  // 8 bits
std::vector<std::uint32_t> grapheme_classes();   // 3 bits

struct Composition {
  std::uint32_t first, second, result;
};
std::vector<Composition> compositions();  // ascending; without those of Hangul

// The characters that canonical order or the map may change, or that may be composed with one in front of them. A text
// without any of them is left alone by the map, the order and, if `composes`, the composition.
CharSet normalized_characters(const CharMap &map, bool composes);

// The map in a precompiled charsmap of SentencePiece. With `shortest`, only keys of less than six bytes count, and none
// that begins with another. Throws if it is damaged.
CharMap read_charsmap(std::string_view bytes, bool shortest, const std::string &source);

std::string utf8(std::uint32_t code_point);
std::u32string code_points(std::string_view text);

}  // namespace tidbit::convert
