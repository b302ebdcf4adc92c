#include "posix/growing.h"

#include <stdlib.h>

namespace tidbit::posix {

void *resize_memory(void *data, size_t bytes) { return realloc(data, bytes); }
void free_memory(void *data) { free(data); }

}  // namespace tidbit::posix
