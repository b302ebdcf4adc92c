// Reading a mapped file beyond its end raises SIGBUS, which happens if another program cuts the file short, or its disk
// fails. Without a handler the process would end without a word.
#pragma once

#include <stddef.h>

namespace tidbit::posix {

// From now on, SIGBUS in [data, data + bytes) prints that `path` cannot be read any more, removes an unfinished file
// and ends the process with exit code 1. Call it before threads read the file; one call per mapping, at most
// kMostGuarded.
void guard_mapping(const void *data, size_t bytes, const char *path);

constexpr int kMostGuarded = 4;

}  // namespace tidbit::posix
