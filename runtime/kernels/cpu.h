// What an instruction set needs from the CPU, and whether the CPU has it.
#pragma once

#include "base/types.h"

namespace tidbit {

struct CpuNeeds {
  std::uint32_t flags = 0;  // TIDBIT_CPU_ flags that the caller must set; all of them are needed

#ifdef __x86_64__
  enum Register : std::uint8_t { eax, ebx, ecx, edx };
  struct Bits {
    std::uint32_t leaf, subleaf;
    Register in;
    std::uint32_t bits;
  };
  std::uint32_t xcr0 = 0;  // register files that the OS must save
  Bits cpuid[3] = {};
#endif
};

#ifdef __x86_64__
// Whether a CPU meets the needs, of which cpuid(leaf, subleaf, register) and the low half of XCR0 are given. Without
// the check of the last subleaf, some CPUs would answer with the bits of another one.
template <class Cpuid>
static constexpr bool cpuid_meets(const CpuNeeds &needs, std::uint32_t xcr0, Cpuid cpuid) {
  if ((xcr0 & needs.xcr0) != needs.xcr0) return false;
  for (const CpuNeeds::Bits &asked : needs.cpuid) {
    if (asked.subleaf > 0 && asked.subleaf > cpuid(asked.leaf, 0, CpuNeeds::eax)) return false;
    if (asked.bits != 0 && (cpuid(asked.leaf, asked.subleaf, asked.in) & asked.bits) != asked.bits) return false;
  }
  return true;
}

bool cpuid_meets(const CpuNeeds &needs);  // asks the CPU itself
#else
static inline bool cpuid_meets(const CpuNeeds &) { return true; }
#endif

}  // namespace tidbit
