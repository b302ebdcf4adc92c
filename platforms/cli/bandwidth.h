// Measures how fast this machine reads memory, which limits the decode speed.
#pragma once

#include <stdint.h>

#include "posix/thread_pool.h"

namespace tidbit::cli {

struct Bandwidth {
  double bytes_per_second;  // best of all passes
  uint64_t buffer_bytes;
};

// Reads a buffer several times with 1, 4 and 8 streams per thread, because machines differ in which is fastest. The
// buffer is 256 MB or twice the largest cache, whichever is larger, but at most a quarter of the free memory, in huge
// pages if the system provides them. Returns false if there is no memory for it.
bool measure_bandwidth(posix::ThreadPool &pool, uint32_t threads, Bandwidth *result);

}  // namespace tidbit::cli
