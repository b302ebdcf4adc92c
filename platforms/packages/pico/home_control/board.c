/* The board of the application on a Raspberry Pi Pico. The first request is the application's example, the others come
 * from the serial port. The chip's watchdog guards the work. */
#include "board.h"

#include <hardware/watchdog.h>
#include <pico/stdlib.h>
#include <stdio.h>
#include <tidbit/tidbit.h>

enum { WATCHDOG_MS = 8000 }; /* a step takes seconds without an FPU; the longest of RP2040 is 8388 ms */

extern const unsigned char model_blob[], model_blob_end[];
static bool asked; /* false if the model was refused */

static uint32_t read_line(char *text, uint32_t capacity) {
  uint32_t bytes = 0;
  printf("request: ");
  for (int c = getchar(); c != '\r' && c != '\n'; c = getchar()) {
    if (bytes < capacity) text[bytes++] = (char)c;
  }
  puts("");
  return bytes;
}

uint32_t board_read_request(char *text, uint32_t capacity) {
  const uint32_t bytes = asked ? read_line(text, capacity) : 0;
  asked = true;
  watchdog_enable(WATCHDOG_MS, true);
  return bytes;
}

void board_write(const char *text, uint32_t bytes) { fwrite(text, 1, bytes, stdout); }

void board_serve_watchdog(void) { watchdog_update(); }

int main(void) {
  stdio_init_all();
  printf("kernels: %s\n", tidbit_isa_name(tidbit_isa_best(0)));
  do {
    app_run(model_blob, (size_t)(model_blob_end - model_blob));
    watchdog_disable();
    puts("");
  } while (asked);
  return 1;
}
