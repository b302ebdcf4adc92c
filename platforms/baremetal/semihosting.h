/* Services of the debugger or emulator, called through a breakpoint (Arm, "Semihosting for AArch32 and AArch64";
 * RISC-V International, "RISC-V Semihosting").
 * Without a debugger the breakpoint is a fault, so a product uses a UART instead. */
#ifndef TIDBIT_SEMIHOSTING_H
#define TIDBIT_SEMIHOSTING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void semihosting_write(const char *text, size_t bytes);

/* Writes a number in a base from 2 to 16 with at least `digits` digits; `digits` is at most 20. */
void semihosting_write_number(uint64_t number, uint32_t base, uint32_t digits);

/* Reads the command line, at most `capacity` bytes including the terminating zero. Returns its length, or -1 if there
 * is none or it does not fit. */
int semihosting_command_line(char *text, size_t capacity);

/* Ends the emulation with this exit code. */
void semihosting_exit(int code) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif
