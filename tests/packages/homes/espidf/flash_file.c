/* Makes the file FLASH_FILE the flash that ESP-IDF emulates. */
#include <esp_private/partition_linux.h>
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void use_flash_file(void) {
  strcpy(esp_partition_get_file_mmap_ctrl_input()->flash_file_name, getenv("FLASH_FILE"));
}
