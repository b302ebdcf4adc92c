// The tables that tests compare with the scalar one.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace tidbit::test {

struct Table {
  std::string name;
  const Kernels *kernels;  // null where this CPU cannot run it
};

// Every table of this build but the scalar one.
const std::vector<Table> &tables();

const Kernels &scalar();

// TIDBIT_ISA_COUNT where there is none.
tidbit_isa isa_named(const std::string &name);

// TIDBIT_CPU_ flags of the CPU that runs the test.
std::uint32_t cpu_flags();

inline std::ostream &operator<<(std::ostream &out, const Table &table) { return out << table.name; }

}  // namespace tidbit::test
