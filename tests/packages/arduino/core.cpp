// The request is the command line. The program ends after one request.
#include <string.h>

#include "Arduino.h"
#include "semihosting.h"

SerialPort Serial;

static bool asked;

size_t SerialPort::readBytesUntil(char, char *buffer, size_t bytes) {
  asked = true;
  const int length = semihosting_command_line(buffer, bytes);
  return length > 0 ? static_cast<size_t>(length) : 0;
}

size_t SerialPort::write(const uint8_t *buffer, size_t bytes) {
  semihosting_write(reinterpret_cast<const char *>(buffer), bytes);
  return bytes;
}

size_t SerialPort::println(const char *text) {
  semihosting_write(text, strlen(text));
  semihosting_write("\n", 1);
  return strlen(text) + 1;
}

int main() {
  setup();
  while (!asked) loop();
}
