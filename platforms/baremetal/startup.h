#ifndef TIDBIT_STARTUP_H
#define TIDBIT_STARTUP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most stack, in bytes, that was in use since reset: what no longer holds the pattern of the start. */
uint32_t startup_stack_used(void);

#ifdef __cplusplus
}
#endif

#endif
