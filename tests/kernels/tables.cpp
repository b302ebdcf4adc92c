#include "tests/kernels/tables.h"

#include <sstream>

#include "tests/support/cpu.h"

namespace tidbit {
#ifdef TIDBIT_AVX512_EMULATED
extern const Kernels kAvx512EmulatedKernels;
#endif

namespace test {

std::uint32_t cpu_flags() { return cpu_features(); }

const Kernels &scalar() { return *find_kernels(TIDBIT_ISA_SCALAR, 0); }

tidbit_isa isa_named(const std::string &name) {
  int isa = TIDBIT_ISA_SCALAR;
  while (isa < TIDBIT_ISA_COUNT && name != tidbit_isa_name(static_cast<tidbit_isa>(isa))) ++isa;
  return static_cast<tidbit_isa>(isa);
}

const std::vector<Table> &tables() {
  static const std::vector<Table> all = [] {
    std::vector<Table> list;
    std::istringstream names(TIDBIT_BUILT_ISAS);  // of this build, from its list
    for (std::string name; names >> name;) {
      if (name != "scalar") list.push_back({name, find_kernels(isa_named(name), cpu_flags())});
    }
#ifdef TIDBIT_AVX512_EMULATED
    const bool runs = find_kernels(TIDBIT_ISA_AVX2, 0) != nullptr;
    list.push_back({"avx512vnni_emulated", runs ? &kAvx512EmulatedKernels : nullptr});
#endif
    return list;
  }();
  return all;
}

}  // namespace test
}  // namespace tidbit
