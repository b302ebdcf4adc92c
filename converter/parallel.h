// Distributes work over the CPUs.
#pragma once

#include <cstdint>
#include <functional>

namespace tidbit::convert {

// Calls body(i) once for each i below `count`, in any order, with one thread per CPU, and returns when all calls have
// finished. If a call throws, no further ones are started and the exception is rethrown here.
void in_parallel(std::uint32_t count, const std::function<void(std::uint32_t)> &body);

}  // namespace tidbit::convert
