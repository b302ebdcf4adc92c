// Texts by characters of UTF-8. A byte that belongs to no character counts as one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidbit::convert::chat {

std::size_t character_bytes(std::string_view text, std::size_t at);
std::uint32_t code_point(std::string_view character);
std::size_t character_count(std::string_view text);
// Python's str.isspace() of a character.
bool is_space(std::uint32_t code);

// Without the leading or trailing characters that are white space or, if `characters` is not null, among these.
std::string_view stripped(std::string_view text, bool left, bool right, const std::string *characters = nullptr);

// ASCII letters, and those of Latin-1, Greek and Cyrillic.
std::string lower(std::string_view text);
std::string upper(std::string_view text);

}  // namespace tidbit::convert::chat
