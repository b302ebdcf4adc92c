#include "cli/json.h"

#include <inttypes.h>
#include <stddef.h>

namespace tidbit::cli {
namespace {

unsigned byte_at(const char *text, size_t i) { return static_cast<unsigned char>(text[i]); }

// Length of the UTF-8 character at the start of a zero-terminated text; 0 if invalid (Unicode standard, table 3-7).
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

}  // namespace

void Json::begin(const char *name) {
  if (name != nullptr) key(name);
  out_.write("{", 1);
  ++depth_;
  first_ = true;
}

void Json::end() {
  out_.write("}", 1);
  first_ = false;
  if (--depth_ == 0) out_.write("\n", 1);
}

void Json::text(const char *name, const char *value) {
  key(name);
  out_.write("\"", 1);
  escaped(value);
  out_.write("\"", 1);
}

void Json::number(const char *name, uint64_t value) {
  key(name);
  out_.print("%" PRIu64, value);
}

void Json::integer(const char *name, int64_t value) {
  key(name);
  out_.print("%" PRId64, value);
}

void Json::real(const char *name, double value) {
  key(name);
  // Infinity and NaN minus themselves are not 0.
  if (value - value == 0) {
    out_.print("%.9g", value);
  } else {
    out_.print("null");
  }
}

void Json::boolean(const char *name, bool value) {
  key(name);
  out_.print("%s", value ? "true" : "false");
}

void Json::key(const char *name) {
  out_.print("%s\"%s\": ", first_ ? "" : ", ", name);
  first_ = false;
}

void Json::escaped(const char *text) {
  while (*text != 0) {
    const size_t length = utf8_length(text);
    if (length == 0) {
      out_.write("\xEF\xBF\xBD", 3);
      ++text;
      continue;
    }
    const unsigned c = byte_at(text, 0);
    if (c < 32 || c == 127) {
      out_.print("\\u%04x", c);
    } else {
      if (c == '"' || c == '\\') out_.write("\\", 1);
      out_.write(text, length);
    }
    text += length;
  }
}

}  // namespace tidbit::cli
