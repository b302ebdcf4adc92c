// Writes one line of JSON: an object of strings, numbers, booleans, objects and lists of objects. Keys are constants
// that need no escapes.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cli/console.h"

namespace tidbit::cli {

class Json {
 public:
  explicit Json(Output &out) : out_(out) {}

  void begin(const char *name = nullptr);  // an object; the outermost and those of a list have no name
  void end();                              // the outermost also ends the line
  void begin_list(const char *name);
  void end_list();
  void text(const char *name, const char *value);                // invalid UTF-8 becomes U+FFFD
  void text(const char *name, const char *value, size_t bytes);  // a byte must follow
  void number(const char *name, uint64_t value);
  void integer(const char *name, int64_t value);
  void real(const char *name, double value);                          // null unless finite
  void reals(const char *name, const float *values, uint32_t count);  // a list of finite numbers, at least one
  void boolean(const char *name, bool value);

 private:
  void key(const char *name);
  void escaped(const char *text, const char *end);

  Output &out_;
  int depth_ = 0;
  bool first_ = true;
};

}  // namespace tidbit::cli
