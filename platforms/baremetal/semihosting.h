/* The host's side of a debugger or emulator, asked through a breakpoint (Arm, "Semihosting for AArch32 and AArch64").
 * Without a debugger the breakpoint is a fault: a product has a UART in this place. */
#ifndef TIDBIT_SEMIHOSTING_H
#define TIDBIT_SEMIHOSTING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void semihosting_write(const char *text, size_t bytes);

/* At least `digits` digits, at most 20, of a base from 2 to 16. */
void semihosting_write_number(uint64_t number, uint32_t base, uint32_t digits);

/* The command line with its zero, at most `capacity` bytes; its length, or -1 where there is none or no room for it. */
int semihosting_command_line(char *text, size_t capacity);

/* Ends the emulation with this exit code. */
void semihosting_exit(int code) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif
