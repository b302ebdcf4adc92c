#include "semihosting.h"

void semihosting_write_number(uint64_t number, uint32_t base, uint32_t digits) {
  char text[64];
  size_t first = sizeof text;
  while (number != 0 || sizeof text - first < digits) {
    text[--first] = "0123456789abcdef"[number % base];
    number /= base;
  }
  semihosting_write(text + first, sizeof text - first);
}
