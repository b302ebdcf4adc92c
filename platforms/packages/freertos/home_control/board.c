/* The application as a task of FreeRTOS. Another task of the same priority runs meanwhile: the application yields
 * between steps of its work. */
#include "board.h"

#include <FreeRTOS.h>
#include <string.h>
#include <task.h>
#include <tidbit/tidbit.h>

#include "semihosting.h"

enum { APP_STACK_BYTES = 4096, PRIORITY = 1 };

extern const unsigned char model_blob[], model_blob_end[];
static StackType_t app_stack[APP_STACK_BYTES / sizeof(StackType_t)], other_stack[configMINIMAL_STACK_SIZE];
static StaticTask_t app_task, other_task;
static volatile uint32_t other_runs;

uint32_t board_read_request(char *text, uint32_t capacity) {
  const int length = semihosting_command_line(text, capacity);
  return length > 0 ? (uint32_t)length : 0;
}

void board_write(const char *text, uint32_t bytes) { semihosting_write(text, bytes); }

void board_serve_watchdog(void) { taskYIELD(); }

static void write_text(const char *text) { semihosting_write(text, strlen(text)); }

static void run_app(void *unused) {
  (void)unused;
  write_text("kernels: ");
  write_text(tidbit_isa_name(tidbit_isa_best(0)));
  write_text("\n");
  const int code = app_run(model_blob, (size_t)(model_blob_end - model_blob));
  write_text("\nstack used: ");
  semihosting_write_number(APP_STACK_BYTES - uxTaskGetStackHighWaterMark(NULL) * sizeof(StackType_t), 10, 1);
  write_text("\nother task ran: ");
  semihosting_write_number(other_runs, 10, 1);
  write_text("\n");
  semihosting_exit(code);
}

static void run_other(void *unused) {
  (void)unused;
  for (;;) {
    ++other_runs;
    taskYIELD();
  }
}

void assertion_failed(const char *file, int line) {
  write_text(file);
  write_text(": assertion failed in line ");
  semihosting_write_number((uint64_t)line, 10, 1);
  write_text("\n");
  semihosting_exit(112);
}

void vApplicationStackOverflowHook(TaskHandle_t task, char *name) {
  (void)task;
  write_text(name);
  write_text(": stack overflow\n");
  semihosting_exit(113);
}

int main(void) {
  xTaskCreateStatic(run_app, "app", APP_STACK_BYTES / sizeof(StackType_t), NULL, PRIORITY, app_stack, &app_task);
  xTaskCreateStatic(run_other, "other", configMINIMAL_STACK_SIZE, NULL, PRIORITY, other_stack, &other_task);
  vTaskStartScheduler();
  return 1;
}
