/* The way from reset to main(), for any Cortex-M: vector table, FPU, .data, .bss, constructors. Compiled without
 * floating-point registers, because the FPU is off after reset. */
#include "startup.h"

#include <stddef.h>

#include "semihosting.h"

/* Defined by the linker script. */
extern uint32_t __free_end[], __stack_top[], __data_image[], __data_begin[], __data_end[], __bss_begin[], __bss_end[];
extern void (*const __init_array_begin[])(void);
extern void (*const __init_array_end[])(void);

int main(void);

/* Enables coprocessors 10 and 11, the FPU and Helium. The FPU's mode must stay as it is after reset (FPSCR 0), which
 * rounds to nearest even and keeps subnormals, as ARITHMETIC.md requires. */
static void enable_fpu(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  volatile uint32_t *const cpacr = (volatile uint32_t *)0xE000ED88;
  *cpacr |= 0xFu << 20;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
}

static const uint32_t pattern = 0x5AFE57AC;

/* Fills the unused part of the stack with the pattern. */
static void mark_stack(void) {
  uint32_t *end = (uint32_t *)__builtin_frame_address(0) - 16;
  for (uint32_t *word = __free_end; word < end; ++word) *word = pattern;
}

uint32_t startup_stack_used(void) {
  const uint32_t *word = __free_end;
  while (*word == pattern) ++word;
  return (uint32_t)((const char *)__stack_top - (const char *)word);
}

void reset_handler(void) {
  enable_fpu();
  mark_stack();
  const uint32_t *from = __data_image;
  for (uint32_t *to = __data_begin; to < __data_end; ++to) *to = *from++;
  for (uint32_t *to = __bss_begin; to < __bss_end; ++to) *to = 0;
  for (size_t i = 0; __init_array_begin + i < __init_array_end; ++i) __init_array_begin[i]();
  semihosting_exit(main());
}

/* Handles all exceptions, none of which is expected. */
static void fault_handler(void) {
  semihosting_write("fault\n", 6);
  semihosting_exit(111);
}

/* The exceptions of an operating system, which defines its own handlers. */
void svc_handler(void) __attribute__((weak, alias("fault_handler")));
void pendsv_handler(void) __attribute__((weak, alias("fault_handler")));
void systick_handler(void) __attribute__((weak, alias("fault_handler")));

typedef void (*vector)(void);
static const vector vectors[16] __attribute__((section(".vectors"), used)) = {
    (vector)(uintptr_t)__stack_top,
    reset_handler,
    fault_handler, /* NMI */
    fault_handler, /* HardFault */
    fault_handler, /* MemManage */
    fault_handler, /* BusFault */
    fault_handler, /* UsageFault */
    fault_handler, /* SecureFault */
    NULL,
    NULL,
    NULL,
    svc_handler,
    fault_handler, /* DebugMonitor */
    NULL,
    pendsv_handler,
    systick_handler,
};
