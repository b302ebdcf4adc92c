// Distributes work over the CPUs.
#pragma once

#include <cstdint>
#include <functional>

namespace tidbit::convert {

// The most threads that work at a time; 0: one per CPU, the default.
void limit_threads(std::uint32_t count);
std::uint32_t thread_count();

// Calls body(i) once for each i below `count`, in any order, with thread_count() threads, and returns when all calls
// have finished. If a call throws, no further ones are started and the exception is rethrown here.
void in_parallel(std::uint32_t count, const std::function<void(std::uint32_t)> &body);

}  // namespace tidbit::convert
