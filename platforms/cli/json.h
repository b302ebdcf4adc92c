// JSON on one line: an object of strings, numbers and objects. Keys are the program's own and need no escapes.
#pragma once

#include <stdint.h>

#include "cli/console.h"

namespace tidbit::cli {

class Json {
 public:
  explicit Json(Output &out) : out_(out) {}

  void begin(const char *name = nullptr);          // an object; only the outermost has no name
  void end();                                      // the outermost ends the line
  void text(const char *name, const char *value);  // invalid UTF-8 becomes U+FFFD
  void number(const char *name, uint64_t value);
  void integer(const char *name, int64_t value);
  void real(const char *name, double value);  // null where it is not finite
  void boolean(const char *name, bool value);

 private:
  void key(const char *name);
  void escaped(const char *text);

  Output &out_;
  int depth_ = 0;
  bool first_ = true;
};

}  // namespace tidbit::cli
