#ifndef TIDBIT_STARTUP_H
#define TIDBIT_STARTUP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of stack used since reset, at the deepest point: those that no longer contain the initial pattern. */
uint32_t startup_stack_used(void);

#ifdef __cplusplus
}
#endif

#endif
