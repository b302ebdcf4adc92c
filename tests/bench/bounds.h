// Measures the limits of this machine, of which the kernels' rates are shown as shares.
#pragma once

#include <cstdint>

#include "tidbit/tidbit.h"

namespace tidbit::bench {

// The kind of multiplication in a matrix kernel.
enum class Unit : std::uint8_t {
  fma,       // floats
  int8,      // bytes, with sums of any length in int32
  few_bits,  // bytes times codes of up to 6 bits, of which a few products can be added in int16
};

// Bytes per second that one thread reads from memory, and the size of the buffer used to measure it.
struct MemoryBound {
  double bytes_per_second;
  std::uint64_t buffer_bytes;
};
MemoryBound measure_memory();

// A product counts as two operations, as in the kernels' rates.
struct MultiplyBound {
  const char *instructions;  // null if not known
  double operations_per_second;
};

// The rate of the unit's instructions with operands in registers, on one core. Measured on the first call. The CPU must
// support the instruction set. If few_bits is not faster than int8, both return the same object.
const MultiplyBound &multiply_bound(tidbit_isa isa, Unit unit);

}  // namespace tidbit::bench
