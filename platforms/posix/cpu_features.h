// Information about the CPU from the operating system.
#pragma once

#include <stdint.h>

namespace tidbit::posix {

// TIDBIT_CPU_... bits for tidbit_options.cpu.
uint32_t cpu_features();

// CPUs that this process may run on; at least 1.
uint32_t cpu_count();

// Bytes of the largest cache of the first CPU; 0 if the system does not report it.
uint64_t largest_cache_bytes();

}  // namespace tidbit::posix
