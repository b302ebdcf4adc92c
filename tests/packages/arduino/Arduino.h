// The parts of Arduino's core that the library's example needs.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct SerialPort {
  void begin(unsigned long) {}
  void setTimeout(unsigned long) {}
  size_t readBytesUntil(char end, char *buffer, size_t bytes);
  size_t write(const uint8_t *buffer, size_t bytes);
  size_t println(const char *text);
};
extern SerialPort Serial;

void setup();
void loop();
