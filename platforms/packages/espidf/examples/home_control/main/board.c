/* The board of the application under ESP-IDF. The first request is the application's example, the others come from the
 * console. The model is used in place in its partition. */
#include "board.h"

#include <esp_err.h>
#include <esp_partition.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <stdbool.h>
#include <stdio.h>
#include <tidbit/tidbit.h>

enum { MODEL_TYPE = 0x40, IDLE_MS = 500 };

static bool asked; /* false if the model was refused */

static uint32_t read_line(char *text, uint32_t capacity) {
  uint32_t bytes = 0;
  printf("request: ");
  fflush(stdout);
  for (;;) {
    const int c = getchar();
    if (c == '\n') return bytes;
    if (c == EOF) { /* nothing was typed yet */
      clearerr(stdin);
      vTaskDelay(pdMS_TO_TICKS(20));
    } else if (bytes < capacity) {
      text[bytes++] = (char)c;
    }
  }
}

uint32_t board_read_request(char *text, uint32_t capacity) {
  const uint32_t bytes = asked ? read_line(text, capacity) : 0;
  asked = true;
  return bytes;
}

void board_write(const char *text, uint32_t bytes) {
  fwrite(text, 1, bytes, stdout);
  fflush(stdout);
}

/* ESP-IDF's watchdog expects the idle task to run. */
void board_serve_watchdog(void) {
  static TickType_t idle_at;
  if (xTaskGetTickCount() - idle_at < pdMS_TO_TICKS(IDLE_MS)) return;
  vTaskDelay(1);
  idle_at = xTaskGetTickCount();
}

void app_main(void) {
  esp_partition_mmap_handle_t handle;
  const void *model;
  const esp_partition_t *partition = esp_partition_find_first(MODEL_TYPE, ESP_PARTITION_SUBTYPE_ANY, "model");
  if (partition == NULL) {
    puts("the partition table has no partition `model`");
    return;
  }
  ESP_ERROR_CHECK(esp_partition_mmap(partition, 0, partition->size, ESP_PARTITION_MMAP_DATA, &model, &handle));
  printf("kernels: %s\n", tidbit_isa_name(tidbit_isa_best(0)));
  do {
    app_run(model, partition->size);
    printf("\nstack used: %u of %d\n", (unsigned)(CONFIG_ESP_MAIN_TASK_STACK_SIZE - uxTaskGetStackHighWaterMark(NULL)),
           CONFIG_ESP_MAIN_TASK_STACK_SIZE);
  } while (asked);
}
