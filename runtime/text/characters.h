// Sets of characters, and which characters form a grapheme cluster.
#pragma once

#include "base/types.h"

namespace tidbit {

// The white space of Unicode.
constexpr bool is_white_space(std::uint32_t c) {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// How many of the ascending `table` are at most `key`.
inline std::uint32_t count_up_to(const std::uint32_t *table, std::uint32_t count, std::uint32_t key) {
  std::uint32_t low = 0;
  std::uint32_t high = count;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (table[middle] <= key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// A set: the characters at which it begins and ends in turn.
inline bool in_set(const std::uint32_t *table, std::uint32_t count, std::uint32_t character) {
  return (count_up_to(table, count, character) & 1) != 0;
}

// Entries of first character << bits | value; each holds until the next. 0 below the first.
inline std::uint32_t value_of(const std::uint32_t *table, std::uint32_t count, std::uint32_t bits,
                              std::uint32_t character) {
  const std::uint32_t mask = (1u << bits) - 1;
  const std::uint32_t key = character << bits | mask;
  const std::uint32_t few = count > 1 && key < table[1] ? 1 : count;  // most text is below the second entry
  const std::uint32_t place = count_up_to(table, few, key);
  return place == 0 ? 0 : table[place - 1] & mask;
}

enum class GraphemeClass : std::uint32_t {
  other = 0,
  control = 1,
  extend = 2,
  prepend = 3,
  pictographic = 4,
  consonant = 5,  // two are joined by a linker between them
  linker = 6,     // extends, too
  spacing = 7,
};
inline constexpr std::uint32_t kGraphemeBits = 3;

// Finds the ends of extended grapheme clusters, apart from those of flags: their characters have four bytes, and only
// clusters of less than six matter to the library.
class Clusters {
 public:
  // True if there is no border between the character and the one of the call before.
  bool joins(std::uint32_t character, GraphemeClass kind) {
    const Letter letter = letter_of(character);
    const bool extends = kind == GraphemeClass::extend || kind == GraphemeClass::linker;
    const bool result = joined(character, kind, letter, extends);
    linked_ = consonant_ && (kind == GraphemeClass::linker || (linked_ && extends));
    consonant_ = kind == GraphemeClass::consonant || (consonant_ && extends);
    joiner_behind_picture_ = pictures_ && character == 0x200D;
    pictures_ = kind == GraphemeClass::pictographic || (pictures_ && extends && character != 0x200D);
    last_ = character;
    last_kind_ = kind;
    last_letter_ = letter;
    return result;
  }

 private:
  enum class Letter { none, leading, vowel, trailing, open_syllable, closed_syllable };  // of Hangul

  static Letter letter_of(std::uint32_t c) {
    if (c >= 0xAC00 && c <= 0xD7A3) return (c - 0xAC00) % 28 == 0 ? Letter::open_syllable : Letter::closed_syllable;
    if ((c >= 0x1100 && c <= 0x115F) || (c >= 0xA960 && c <= 0xA97C)) return Letter::leading;
    if ((c >= 0x1160 && c <= 0x11A7) || (c >= 0xD7B0 && c <= 0xD7C6)) return Letter::vowel;
    return (c >= 0x11A8 && c <= 0x11FF) || (c >= 0xD7CB && c <= 0xD7FB) ? Letter::trailing : Letter::none;
  }
  bool joins_letters(Letter letter) const {
    if (last_letter_ == Letter::leading) return letter != Letter::none && letter != Letter::trailing;
    const bool open = last_letter_ == Letter::vowel || last_letter_ == Letter::open_syllable;
    const bool closed = last_letter_ == Letter::trailing || last_letter_ == Letter::closed_syllable;
    return (open && letter == Letter::vowel) || ((open || closed) && letter == Letter::trailing);
  }
  bool joined(std::uint32_t character, GraphemeClass kind, Letter letter, bool extends) const {
    if (last_ == '\r' && character == '\n') return true;
    if (kind == GraphemeClass::control || last_kind_ == GraphemeClass::control) return false;
    if (extends || kind == GraphemeClass::spacing || last_kind_ == GraphemeClass::prepend) return true;
    if (kind == GraphemeClass::consonant && linked_) return true;
    if (kind == GraphemeClass::pictographic && joiner_behind_picture_) return true;
    return joins_letters(letter);
  }

  std::uint32_t last_ = 0;
  GraphemeClass last_kind_ = GraphemeClass::control;
  Letter last_letter_ = Letter::none;
  bool consonant_ = false;
  bool linked_ = false;
  bool pictures_ = false;
  bool joiner_behind_picture_ = false;
};

}  // namespace tidbit
