// Strict parsing: the whole text must be one number in range. "12x", "1e999", "nan", "-1" and "" are rejected.
#pragma once

#include <stdint.h>

namespace tidbit::cli {

bool parse_unsigned(const char *text, uint64_t most, uint64_t *value);
bool parse_real(const char *text, double *value);

}  // namespace tidbit::cli
