// Writes files atomically: the file is complete or does not exist.
#pragma once

#include <stddef.h>

namespace tidbit::cli {

// Writes a temporary file next to `path` and renames it. An existing special file (/dev/null, a pipe) is written to
// directly. Returns an exit code.
int write_file(const char *path, const void *data, size_t bytes);

}  // namespace tidbit::cli
