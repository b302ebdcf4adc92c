/* Reset, exceptions and interrupts of a 32-bit RISC-V core in machine mode. */
#include "startup.h"

/* Instructions that access control and status registers are an extension that -march=rv32imac does not include. */
#define CSR(instruction) ".option push\n\t.option arch, +zicsr\n\t" instruction "\n\t.option pop\n\t"

static void default_handler(void) { startup_fault(); }

/* After an exception, mcause has its number and mepc the address of the instruction, to which the handler returns. */
#define WEAK_HANDLER __attribute__((weak, alias("default_handler")))
void exception_handler(void) WEAK_HANDLER;
void software_interrupt_handler(void) WEAK_HANDLER;
void timer_interrupt_handler(void) WEAK_HANDLER;
void external_interrupt_handler(void) WEAK_HANDLER;

/* mtvec points here. */
__attribute__((interrupt("machine"), aligned(4), used)) static void trap(void) {
  const uint32_t interrupt = 1u << 31;
  uint32_t cause;
  __asm__ volatile(CSR("csrr %0, mcause") : "=r"(cause));
  if (cause < interrupt) {
    exception_handler();
  } else if (cause == interrupt + 3) {
    software_interrupt_handler();
  } else if (cause == interrupt + 7) {
    timer_interrupt_handler();
  } else if (cause == interrupt + 11) {
    external_interrupt_handler();
  } else {
    default_handler();
  }
}

/* Turns the FPU on (mstatus.FS) in the mode that ARITHMETIC.md requires: round to nearest even. RISC-V has no mode that
 * flushes subnormals. */
#ifdef __riscv_flen
#define ENABLE_FPU CSR("li t0, 1 << 13\n\tcsrs mstatus, t0\n\tcsrw fcsr, zero")
#else
#define ENABLE_FPU
#endif

/* The first code of the image. There is no stack yet. */
__attribute__((naked, section(".vectors"), used)) void reset_handler(void) {
  __asm__ volatile(
      ".option push\n\t"
      ".option norelax\n\t"
      "la gp, __global_pointer$\n\t"
      ".option pop\n\t"
      "la sp, __stack_top\n\t"
      "la t0, trap\n\t" CSR("csrw mtvec, t0") ENABLE_FPU "call startup_run");
}
