/* What the application wants of a board. To port it, write these four functions: see board_semihosting.c. */
#ifndef TIDBIT_APP_BOARD_H
#define TIDBIT_APP_BOARD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The request: at most `capacity` bytes to `text`; returns their number, 0 where there is no request. */
uint32_t board_read_request(char *text, uint32_t capacity);

void board_write(const char *text, uint32_t bytes);

/* To be called at least once per watchdog period. */
void board_serve_watchdog(void);

/* The application has ended; a code other than 0 is a failure. Returns what main() is to return. */
int board_finish(int code);

#ifdef __cplusplus
}
#endif

#endif
