/* Startup code. A core's own part (cortex_m.c, rv32.c) has reset_handler, the entry point, and the handlers of
 * exceptions and interrupts. Handlers are weak: define a function of the same name to replace one. */
#ifndef TIDBIT_STARTUP_H
#define TIDBIT_STARTUP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of stack used since reset, at the deepest point: those that no longer contain the initial pattern. */
uint32_t startup_stack_used(void);

/* For the core's own part: prepares memory, runs main() and exits with its result. */
void startup_run(void) __attribute__((noreturn));

/* What every handler does unless it is replaced: reports a fault and exits. */
void startup_fault(void) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif
