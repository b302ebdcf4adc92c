// How fast this machine reads memory: the bound of decoding.
#pragma once

#include <stdint.h>

#include "posix/thread_pool.h"

namespace tidbit::cli {

struct Bandwidth {
  double bytes_per_second;  // the best of all passes
  uint64_t buffer_bytes;
};

// Reads a buffer several times with each of 1, 4 and 8 streams per thread; machines differ in which they like. It has
// 256 MB or twice the largest cache, but at most a quarter of the free memory, in huge pages where the system gives
// them, so that the figure is the machine's and not that of one program. False where there is no memory for the buffer.
bool measure_bandwidth(posix::ThreadPool &pool, uint32_t threads, Bandwidth *result);

}  // namespace tidbit::cli
