/* What the application needs from a board, and the board from the application. To port it, implement the three
 * functions and call app_run, from main() or from a task; board_semihosting.c is an example. */
#ifndef TIDBIT_APP_BOARD_H
#define TIDBIT_APP_BOARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a request of at most `capacity` bytes into `text`. Returns its length, or 0 if there is no request. */
uint32_t board_read_request(char *text, uint32_t capacity);

void board_write(const char *text, uint32_t bytes);

/* Must be called at least once per watchdog period. */
void board_serve_watchdog(void);

/* Answers one request with the model in [blob, blob + bytes), which must be aligned to TIDBIT_ALIGNMENT. Returns 0, or
 * after an error, whose text was written, a positive number. Needs about 3 KB of stack. */
int app_run(const void *blob, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
