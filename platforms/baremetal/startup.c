/* From the start of C code to main(), the same for every core: stack marked, .data, .bss, constructors. */
#include "startup.h"

#include <stddef.h>

#include "semihosting.h"

/* Defined by the linker script. */
extern uint32_t __free_end[], __stack_top[], __data_image[], __data_begin[], __data_end[], __bss_begin[], __bss_end[];
extern void (*const __init_array_begin[])(void);
extern void (*const __init_array_end[])(void);

int main(void);

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

void startup_run(void) {
  mark_stack();
  const uint32_t *from = __data_image;
  for (uint32_t *to = __data_begin; to < __data_end; ++to) *to = *from++;
  for (uint32_t *to = __bss_begin; to < __bss_end; ++to) *to = 0;
  for (size_t i = 0; __init_array_begin + i < __init_array_end; ++i) __init_array_begin[i]();
  semihosting_exit(main());
}

void startup_fault(void) {
  semihosting_write("fault\n", 6);
  semihosting_exit(111);
}
