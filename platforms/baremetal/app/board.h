/* The functions that the application needs from a board. To port it, implement these four; board_semihosting.c is an
 * example. */
#ifndef TIDBIT_APP_BOARD_H
#define TIDBIT_APP_BOARD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a request of at most `capacity` bytes into `text`. Returns its length, or 0 if there is no request. */
uint32_t board_read_request(char *text, uint32_t capacity);

void board_write(const char *text, uint32_t bytes);

/* Must be called at least once per watchdog period. */
void board_serve_watchdog(void);

/* Called at the end of the application; a nonzero code is a failure. Returns the value that main() returns. */
int board_finish(int code);

#ifdef __cplusplus
}
#endif

#endif
