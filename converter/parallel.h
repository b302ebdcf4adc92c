// Work that is shared out over the CPUs.
#pragma once

#include <cstdint>
#include <functional>

namespace tidbit::convert {

// Calls body(i) once for each i below `count`, on as many threads as there are CPUs, in any order, and returns when all
// are done. What a body throws is thrown again here, when the others have come to an end.
void in_parallel(std::uint32_t count, const std::function<void(std::uint32_t)> &body);

}  // namespace tidbit::convert
