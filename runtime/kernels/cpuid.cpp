#ifdef __x86_64__

#include <cpuid.h>

#include "kernels/cpu.h"

namespace tidbit {
namespace {

std::uint32_t cpuid(std::uint32_t leaf, std::uint32_t subleaf, CpuNeeds::Register in) {
  std::uint32_t r[4] = {};
  return __get_cpuid_count(leaf, subleaf, &r[0], &r[1], &r[2], &r[3]) != 0 ? r[in] : 0;
}

// The low half of XCR0.
std::uint32_t saved_registers() {
  constexpr std::uint32_t kOsXsave = 1u << 27;
  if ((cpuid(1, 0, CpuNeeds::ecx) & kOsXsave) == 0) return 0;
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

bool cpuid_meets(const CpuNeeds &needs) { return cpuid_meets(needs, needs.xcr0 != 0 ? saved_registers() : 0, cpuid); }

}  // namespace tidbit

#endif  // __x86_64__
