#include "cli/numbers.h"

#include <stdlib.h>
#include <string.h>

namespace tidbit::cli {

bool parse_unsigned(const char *text, uint64_t most, uint64_t *value) {
  if (*text == 0) return false;
  uint64_t sum = 0;
  for (; *text != 0; ++text) {
    if (*text < '0' || *text > '9') return false;
    const auto digit = static_cast<uint64_t>(*text - '0');
    if (digit > most || sum > (most - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  *value = sum;
  return true;
}

bool parse_real(const char *text, double *value) {
  // strtod alone would also accept white space, signs, "nan", "inf" and hexadecimal.
  if (*text == 0 || strspn(text, "0123456789.eE+-") != strlen(text)) return false;
  if (*text == '-' || *text == '+') return false;
  char *end = nullptr;
  *value = strtod(text, &end);
  return *end == 0 && *value < 1e308;
}

}  // namespace tidbit::cli
