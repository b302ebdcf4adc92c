// Which table: the one asked for, or the fastest that this build and this CPU have.
#include "format/features.h"
#include "kernels/cpu.h"
#include "kernels/kernels.h"

namespace tidbit {
namespace {

// From fast to slow; `usable` says whether the CPU has what the table needs.
struct Choice {
  const Kernels *kernels;
  bool (*usable)(std::uint32_t cpu);
};

constexpr Choice kChoices[] = {
#ifdef TIDBIT_KERNELS_X86
    {&kAvx512VnniKernels, [](std::uint32_t) { return cpu_has_avx512vnni(); }},
    {&kAvx2Kernels, [](std::uint32_t) { return cpu_has_avx2(); }},
#endif
#ifdef TIDBIT_KERNELS_AARCH64
    {&kI8mmKernels, [](std::uint32_t cpu) { return (cpu & TIDBIT_CPU_DOTPROD) != 0 && (cpu & TIDBIT_CPU_I8MM) != 0; }},
    {&kDotprodKernels, [](std::uint32_t cpu) { return (cpu & TIDBIT_CPU_DOTPROD) != 0; }},
    {&kNeonKernels, [](std::uint32_t) { return true; }},
#endif
#ifdef TIDBIT_KERNELS_CORTEX_M
#ifdef TIDBIT_KERNELS_HELIUM
    {&kHeliumKernels, [](std::uint32_t) { return true; }},
#endif
    {&kDspKernels, [](std::uint32_t) { return true; }},
#endif
#ifdef TIDBIT_KERNELS_ARMV7
    {&kNeon32Kernels, [](std::uint32_t cpu) { return (cpu & TIDBIT_CPU_NEON_VFPV4) != 0; }},
#endif
#ifdef TIDBIT_KERNELS_SIMD128
    {&kSimd128Kernels, [](std::uint32_t) { return true; }},
#endif
#if TIDBIT_FEATURE_SCALAR_KERNELS
    {&kScalarKernels, [](std::uint32_t) { return true; }},
#endif
};

constexpr const char *kNames[TIDBIT_ISA_COUNT] = {"auto", "scalar", "avx2",   "avx512vnni", "neon",  "dotprod",
                                                  "i8mm", "dsp",    "neon32", "simd128",    "helium"};

}  // namespace

const Kernels *find_kernels(tidbit_isa isa, std::uint32_t cpu) {
  for (const Choice &choice : kChoices) {
    const bool wanted = isa == TIDBIT_ISA_AUTO || choice.kernels->isa == isa;
    if (wanted && choice.usable(cpu)) return choice.kernels;
  }
  return nullptr;
}

}  // namespace tidbit

using tidbit::find_kernels;
using tidbit::kNames;

extern "C" const char *tidbit_isa_name(tidbit_isa isa) {
  return static_cast<unsigned>(isa) < TIDBIT_ISA_COUNT ? kNames[isa] : nullptr;
}

extern "C" tidbit_isa tidbit_isa_best(uint32_t cpu) { return find_kernels(TIDBIT_ISA_AUTO, cpu)->isa; }

extern "C" tidbit_status tidbit_isa_check(tidbit_isa isa, uint32_t cpu) {
  return find_kernels(isa, cpu) != nullptr ? TIDBIT_OK : TIDBIT_ERR_ISA;
}
