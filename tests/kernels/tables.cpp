#include "tests/kernels/tables.h"

#include "tests/support/cpu.h"

namespace tidbit {
#ifdef TIDBIT_AVX512_EMULATED
extern const Kernels kAvx512EmulatedKernels;
#endif

namespace test {

std::uint32_t cpu_flags() { return cpu_features(); }

const Kernels &scalar() { return *find_kernels(TIDBIT_ISA_SCALAR, 0); }

const std::vector<Table> &tables() {
  static const std::vector<Table> all = [] {
    std::vector<Table> list;
    [[maybe_unused]] const auto add = [&](tidbit_isa isa) {
      list.push_back({tidbit_isa_name(isa), find_kernels(isa, cpu_flags())});
    };
#if defined(__x86_64__)
    add(TIDBIT_ISA_AVX2);
    add(TIDBIT_ISA_AVX512VNNI);
#elif defined(__aarch64__)
    add(TIDBIT_ISA_NEON);
    add(TIDBIT_ISA_DOTPROD);
    add(TIDBIT_ISA_I8MM);
#elif defined(__arm__)
    add(TIDBIT_ISA_NEON32);
#endif
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
