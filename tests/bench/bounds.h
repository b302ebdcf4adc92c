// What this machine can do at best: the bounds that the kernels' rates are shares of.
#pragma once

#include <cstdint>

#include "tidbit/tidbit.h"

namespace tidbit::bench {

// What a matrix kernel multiplies with.
enum class Unit : std::uint8_t {
  fma,   // floats
  int8,  // bytes, with sums of any length in int32
  int4,  // bytes by codes so small that a few products may be added in int16
};

// Bytes per second that one thread reads from memory, and the size of the buffer that it was measured with.
struct MemoryBound {
  double bytes_per_second;
  std::uint64_t buffer_bytes;
};
MemoryBound measure_memory();

// A product counts as two operations, as it does in the kernels' rates.
struct MultiplyBound {
  const char *instructions;  // null where none is known
  double operations_per_second;
};

// The rate of the unit's instructions with operands in registers, on one core. Measured at the first call, which must
// be for a set that this CPU has. Where nothing is faster for int4 it is the bound of int8, the same object.
const MultiplyBound &multiply_bound(tidbit_isa isa, Unit unit);

}  // namespace tidbit::bench
