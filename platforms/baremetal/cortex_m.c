/* Reset and exceptions of any Cortex-M. Compiled without floating-point registers, because the FPU is off after
 * reset. */
#include <stddef.h>

#include "startup.h"

extern uint32_t __stack_top[]; /* from the linker script */

/* Enables coprocessors 10 and 11, the FPU and Helium. The FPU's mode must stay as it is after reset (FPSCR 0), which
 * rounds to nearest even and keeps subnormals, as ARITHMETIC.md requires. */
static void enable_fpu(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  volatile uint32_t *const cpacr = (volatile uint32_t *)0xE000ED88;
  *cpacr |= 0xFu << 20;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
}

void reset_handler(void) {
  enable_fpu();
  startup_run();
}

static void default_handler(void) { startup_fault(); }

/* The names are those of CMSIS. */
#define WEAK_HANDLER __attribute__((weak, alias("default_handler")))
void NMI_Handler(void) WEAK_HANDLER;
void HardFault_Handler(void) WEAK_HANDLER;
void MemManage_Handler(void) WEAK_HANDLER;
void BusFault_Handler(void) WEAK_HANDLER;
void UsageFault_Handler(void) WEAK_HANDLER;
void SecureFault_Handler(void) WEAK_HANDLER;
void SVC_Handler(void) WEAK_HANDLER;
void DebugMon_Handler(void) WEAK_HANDLER;
void PendSV_Handler(void) WEAK_HANDLER;
void SysTick_Handler(void) WEAK_HANDLER;

/* The chip's interrupts may follow, in the section .vectors.chip. */
typedef void (*vector)(void);
static const vector vectors[16] __attribute__((section(".vectors"), used)) = {
    (vector)(uintptr_t)__stack_top,
    reset_handler,
    NMI_Handler,
    HardFault_Handler,
    MemManage_Handler,
    BusFault_Handler,
    UsageFault_Handler,
    SecureFault_Handler,
    NULL,
    NULL,
    NULL,
    SVC_Handler,
    DebugMon_Handler,
    NULL,
    PendSV_Handler,
    SysTick_Handler,
};
