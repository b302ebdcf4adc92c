// A file that is there in full or not at all.
#pragma once

#include <stddef.h>

namespace tidbit::cli {

// Writes a temporary file beside `path` and renames it. What exists and is no regular file (/dev/null, a pipe) is
// written to directly. An exit code.
int write_file(const char *path, const void *data, size_t bytes);

}  // namespace tidbit::cli
