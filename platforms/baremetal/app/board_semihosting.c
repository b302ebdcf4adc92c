/* The board under a debugger or emulator: the request is the command line, the watchdog is a counter. */
#include "board.h"
#include "semihosting.h"

static uint32_t served;

uint32_t board_read_request(char *text, uint32_t capacity) {
  const int length = semihosting_command_line(text, capacity);
  return length > 0 ? (uint32_t)length : 0;
}

void board_write(const char *text, uint32_t bytes) { semihosting_write(text, bytes); }

void board_serve_watchdog(void) { ++served; }

int board_finish(int code) {
  static const char before[] = "\nwatchdog served ", after[] = " times\n";
  board_write(before, sizeof before - 1);
  semihosting_write_number(served, 10, 1);
  board_write(after, sizeof after - 1);
  return code;
}
