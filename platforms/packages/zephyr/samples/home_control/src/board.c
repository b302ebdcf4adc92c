/* The board of the application under Zephyr. The first request is the application's example, the others come from the
 * console. A task watchdog guards the work. */
#include "board.h"

#include <stdbool.h>
#include <string.h>
#include <tidbit/tidbit.h>
#include <zephyr/console/console.h>
#include <zephyr/kernel.h>
#include <zephyr/task_wdt/task_wdt.h>

enum { WATCHDOG_MS = 10000 }; /* a step takes seconds on a core without an FPU */

extern const unsigned char model_blob[], model_blob_end[];
static int watchdog;
static bool asked; /* false if the model was refused */

uint32_t board_read_request(char *text, uint32_t capacity) {
  size_t bytes = 0;
  if (asked) {
    printk("request: ");
    const char *line = console_getline();
    bytes = MIN(strlen(line), capacity);
    memcpy(text, line, bytes);
  }
  asked = true;
  watchdog = task_wdt_add(WATCHDOG_MS, NULL, NULL);
  return (uint32_t)bytes;
}

void board_write(const char *text, uint32_t bytes) { printk("%.*s", (int)bytes, text); }

void board_serve_watchdog(void) {
  task_wdt_feed(watchdog);
  k_yield();
}

int main(void) {
  task_wdt_init(NULL);
  console_getline_init();
  printk("kernels: %s\n", tidbit_isa_name(tidbit_isa_best(0)));
  do {
    size_t unused = 0;
    app_run(model_blob, (size_t)(model_blob_end - model_blob));
    task_wdt_delete(watchdog);
    k_thread_stack_space_get(k_current_get(), &unused);
    printk("\nstack used: %zu of %d\n", CONFIG_MAIN_STACK_SIZE - unused, CONFIG_MAIN_STACK_SIZE);
  } while (asked);
  return 1;
}
