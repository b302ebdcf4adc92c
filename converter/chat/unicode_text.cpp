#include "converter/chat/unicode_text.h"

#include <algorithm>

#include "text/utf8.h"

namespace tidbit::convert::chat {
namespace {

void append_character(std::string &out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else {  // both alphabets below are before U+0800
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

std::uint32_t lower_of(std::uint32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7)) return c + 32;
  if ((c >= 0x391 && c <= 0x3A9 && c != 0x3A2) || (c >= 0x410 && c <= 0x42F)) return c + 32;
  return c >= 0x400 && c <= 0x40F ? c + 80 : c;
}

std::uint32_t upper_of(std::uint32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7)) return c - 32;
  if ((c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) || (c >= 0x430 && c <= 0x44F)) return c - 32;
  return c >= 0x450 && c <= 0x45F ? c - 80 : c;
}

std::string mapped(std::string_view text, std::uint32_t (*map)(std::uint32_t)) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character = text.substr(at, character_bytes(text, at));
    const std::uint32_t code = code_point(character), other = map(code);
    if (other == code) {
      out += character;
    } else {
      append_character(out, other);
    }
    at += character.size();
  }
  return out;
}

bool is_dropped(std::string_view character, const std::string *characters) {
  if (characters == nullptr) return is_space(code_point(character));
  return characters->find(character) != std::string::npos;
}

// Where the last character of a text that is not empty begins.
std::size_t last_character(std::string_view text) {
  for (std::size_t back = std::min<std::size_t>(4, text.size()); back > 1; --back) {
    if (character_bytes(text, text.size() - back) == back) return text.size() - back;
  }
  return text.size() - 1;
}

}  // namespace

std::size_t character_bytes(std::string_view text, std::size_t at) {
  const std::size_t most = std::min<std::size_t>(4, text.size() - at);
  return utf8_decode(text.data() + at, static_cast<std::uint32_t>(most)).bytes;
}

std::uint32_t code_point(std::string_view character) {
  const Character decoded = utf8_decode(character.data(), static_cast<std::uint32_t>(character.size()));
  return decoded.code_point == kInvalid ? static_cast<unsigned char>(character[0]) + 0x10000000u : decoded.code_point;
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += character_bytes(text, at)) ++count;
  return count;
}

bool is_space(std::uint32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view stripped(std::string_view text, bool left, bool right, const std::string *characters) {
  while (left && !text.empty()) {
    const std::size_t bytes = character_bytes(text, 0);
    if (!is_dropped(text.substr(0, bytes), characters)) break;
    text.remove_prefix(bytes);
  }
  while (right && !text.empty()) {
    const std::size_t last = last_character(text);
    if (!is_dropped(text.substr(last), characters)) break;
    text.remove_suffix(text.size() - last);
  }
  return text;
}

std::string lower(std::string_view text) { return mapped(text, lower_of); }
std::string upper(std::string_view text) { return mapped(text, upper_of); }

}  // namespace tidbit::convert::chat
