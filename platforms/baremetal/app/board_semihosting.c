/* A board under a debugger or emulator: the request is the command line, the watchdog is a counter. */
#include "board.h"
#include "semihosting.h"
#include "startup.h"

extern const unsigned char model_blob[], model_blob_end[];
static uint32_t served;

uint32_t board_read_request(char *text, uint32_t capacity) {
  const int length = semihosting_command_line(text, capacity);
  return length > 0 ? (uint32_t)length : 0;
}

void board_write(const char *text, uint32_t bytes) { semihosting_write(text, bytes); }

void board_serve_watchdog(void) { ++served; }

int main(void) {
  static const char watchdog[] = "\nwatchdog served: ", stack[] = "\nstack used: ";
  const int code = app_run(model_blob, (size_t)(model_blob_end - model_blob));
  board_write(watchdog, sizeof watchdog - 1);
  semihosting_write_number(served, 10, 1);
  board_write(stack, sizeof stack - 1);
  semihosting_write_number(startup_stack_used(), 10, 1);
  board_write("\n", 1);
  return code;
}
