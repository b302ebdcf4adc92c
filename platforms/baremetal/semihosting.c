#include "semihosting.h"

enum { SYS_WRITE0 = 0x04, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20 };
enum { ADP_STOPPED_APPLICATION_EXIT = 0x20026 };

static int call(uint32_t operation, const volatile void *parameters) {
#ifdef __riscv
  register int a0 __asm__("a0") = (int)operation;
  register const volatile void *a1 __asm__("a1") = parameters;
  /* The two shifts around the breakpoint are what marks it as a call. They must not be compressed, nor cross a page. */
  __asm__ volatile(
      ".option push\n\t"
      ".option norvc\n\t"
      ".balign 16\n\t"
      "slli zero, zero, 0x1f\n\t"
      "ebreak\n\t"
      "srai zero, zero, 7\n\t"
      ".option pop"
      : "+r"(a0)
      : "r"(a1)
      : "memory");
  return a0;
#else
  register int r0 __asm__("r0") = (int)operation;
  register const volatile void *r1 __asm__("r1") = parameters;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
#endif
}

void semihosting_write(const char *text, size_t bytes) {
  char part[64];
  while (bytes > 0) {
    size_t n = 0;
    for (; n < bytes && n < sizeof part - 1; ++n) part[n] = text[n];
    part[n] = 0;
    call(SYS_WRITE0, part);
    text += n;
    bytes -= n;
  }
}

int semihosting_command_line(char *text, size_t capacity) {
  volatile uint32_t block[2] = {(uint32_t)(uintptr_t)text, (uint32_t)capacity};
  return call(SYS_GET_CMDLINE, block) == 0 ? (int)block[1] : -1;
}

void semihosting_exit(int code) {
  const volatile uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)code};
  for (;;) call(SYS_EXIT_EXTENDED, block);
}
