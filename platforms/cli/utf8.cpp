#include "cli/utf8.h"

namespace tidbit::cli {
namespace {

unsigned byte_at(const char *text, size_t i) { return static_cast<unsigned char>(text[i]); }

}  // namespace

size_t utf8_length(const char *text) {
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte_at(text, 1) < low || byte_at(text, 1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

unsigned control_at(const char *text) {
  const unsigned c = byte_at(text, 0);
  if (c < 0x20 || c == 0x7F) return c;
  const unsigned next = c == 0xC2 ? byte_at(text, 1) : 0;
  return next >= 0x80 && next <= 0x9F ? next : 0;
}

void replace_controls(char *text) {
  while (*text != 0) {
    const size_t valid = utf8_length(text);
    const size_t length = valid > 0 ? valid : 1;
    const bool bad = valid == 0 || control_at(text) != 0;
    for (size_t i = 0; bad && i < length; ++i) text[i] = '?';
    text += length;
  }
}

}  // namespace tidbit::cli
