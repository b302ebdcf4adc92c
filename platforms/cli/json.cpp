#include "cli/json.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "cli/utf8.h"

namespace tidbit::cli {
void Json::begin(const char *name) {
  if (name != nullptr) {
    key(name);
  } else if (!first_) {
    out_.write(", ", 2);
  }
  out_.write("{", 1);
  ++depth_;
  first_ = true;
}

void Json::end() {
  out_.write("}", 1);
  first_ = false;
  if (--depth_ == 0) out_.write("\n", 1);
}

void Json::begin_list(const char *name) {
  key(name);
  out_.write("[", 1);
  first_ = true;
}

void Json::end_list() {
  out_.write("]", 1);
  first_ = false;
}

void Json::text(const char *name, const char *value) { text(name, value, strlen(value)); }

void Json::text(const char *name, const char *value, size_t bytes) {
  key(name);
  out_.write("\"", 1);
  escaped(value, value + bytes);
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

void Json::reals(const char *name, const float *values, uint32_t count) {
  key(name);
  for (uint32_t i = 0; i < count; ++i) out_.print("%s%.9g", i == 0 ? "[" : ", ", static_cast<double>(values[i]));
  out_.write("]", 1);
}

void Json::boolean(const char *name, bool value) {
  key(name);
  out_.print("%s", value ? "true" : "false");
}

void Json::key(const char *name) {
  out_.print("%s\"%s\": ", first_ ? "" : ", ", name);
  first_ = false;
}

void Json::escaped(const char *text, const char *end) {
  while (text != end) {
    const size_t length = utf8_length(text);
    if (length == 0 || length > static_cast<size_t>(end - text)) {
      out_.write("\xEF\xBF\xBD", 3);
      ++text;
      continue;
    }
    if (const unsigned control = control_at(text); control != 0 || *text == 0) {
      out_.print("\\u%04x", control);
    } else {
      if (*text == '"' || *text == '\\') out_.write("\\", 1);
      out_.write(text, length);
    }
    text += length;
  }
}

}  // namespace tidbit::cli
