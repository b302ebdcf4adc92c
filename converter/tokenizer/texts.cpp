// Conversions between the texts in tokenizer files and plain bytes.
#include <array>

#include "converter/tokenizer/vocabulary.h"
#include "text/utf8.h"

namespace tidbit::convert {

std::vector<std::string_view> characters_of(std::string_view text) {
  std::vector<std::string_view> result;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = utf8_decode(text.data() + at, static_cast<std::uint32_t>(text.size() - at));
    result.push_back(text.substr(at, character.bytes));
    at += character.bytes;
  }
  return result;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int byte_of_name(const std::string &text) {
  if (text.size() != 6 || text.compare(0, 3, "<0x") != 0 || text[5] != '>') return -1;
  const int high = hex_digit(text[3]);
  const int low = hex_digit(text[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string with_blanks(std::string_view text) {
  constexpr std::string_view kSymbol = "\xE2\x96\x81";
  std::string result;
  for (std::size_t at = text.find(kSymbol); at != std::string_view::npos; at = text.find(kSymbol)) {
    result.append(text.substr(0, at)).push_back(' ');
    text.remove_prefix(at + kSymbol.size());
  }
  return result.append(text);
}

// GPT-2's alphabet: printable Latin-1 bytes stand for themselves, the others follow in ascending order from U+0100.
static std::uint32_t alphabet_code_point(unsigned char byte) {
  const auto printable = [](unsigned b) { return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b != 0xAD); };
  if (printable(byte)) return byte;
  std::uint32_t code_point = 0x100;
  for (unsigned b = 0; b < byte; ++b) code_point += printable(b) ? 0 : 1;
  return code_point;
}

std::string byte_level_character(unsigned char byte) {
  const std::uint32_t c = alphabet_code_point(byte);
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  return {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
}

std::string byte_level_bytes(const std::string &text) {
  static const auto table = [] {
    std::array<std::int16_t, 0x200> bytes{};
    bytes.fill(-1);
    for (unsigned b = 0; b < 256; ++b)
      bytes[alphabet_code_point(static_cast<unsigned char>(b))] = static_cast<std::int16_t>(b);
    return bytes;
  }();
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = utf8_decode(text.data() + at, static_cast<std::uint32_t>(text.size() - at));
    if (character.code_point >= table.size() || table[character.code_point] < 0) return text;
    bytes += static_cast<char>(table[character.code_point]);
    at += character.bytes;
  }
  return bytes;
}

int set_byte_tokens(Vocabulary &vocabulary) {
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    const Piece &piece = vocabulary.pieces[id];
    if (piece.type != PieceType::normal || piece.text.size() != 1) continue;
    auto &token = vocabulary.byte_tokens[static_cast<unsigned char>(piece.text[0])];
    if (token < 0) token = static_cast<std::int32_t>(id);
  }
  int missing = 0;
  for (const std::int32_t token : vocabulary.byte_tokens) missing += token < 0 ? 1 : 0;
  return missing;
}

}  // namespace tidbit::convert
