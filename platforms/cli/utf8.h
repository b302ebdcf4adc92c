// Text from outside: UTF-8 that may be invalid, and may contain control characters, which could steer a terminal.
#pragma once

#include <stddef.h>

namespace tidbit::cli {

// Length of the UTF-8 character at the start of a zero-terminated text; 0 if invalid (Unicode standard, table 3-7).
size_t utf8_length(const char *text);

// The control character at the start of a zero-terminated text (U+0001 to U+001F, U+007F to U+009F), or 0.
unsigned control_at(const char *text);

// Each byte of a control character or of invalid UTF-8 becomes '?'.
void replace_controls(char *text);

}  // namespace tidbit::cli
