#include <cpuid.h>

#include "kernels/cpu.h"

namespace tidbit {
namespace {

struct Leaf {
  unsigned eax, ebx, ecx, edx;
};

Leaf cpuid(unsigned leaf, unsigned subleaf) {
  Leaf r{};
  return __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) != 0 ? r : Leaf{};
}

// The low half of XCR0: which register files the OS saves.
unsigned saved_registers() {
  constexpr unsigned kOsXsave = 1u << 27;
  if ((cpuid(1, 0).ecx & kOsXsave) == 0) return 0;
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

constexpr bool all(unsigned value, unsigned bits) { return (value & bits) == bits; }

}  // namespace

bool cpu_has_avx2() {
  constexpr unsigned kFma = 1u << 12, kF16c = 1u << 29, kAvx2 = 1u << 5, kYmm = 6;
  return all(saved_registers(), kYmm) && all(cpuid(1, 0).ecx, kFma | kF16c) && all(cpuid(7, 0).ebx, kAvx2);
}

bool cpu_has_avx512vnni() {
  constexpr unsigned kF = 1u << 16, kDq = 1u << 17, kBw = 1u << 30, kVl = 1u << 31, kVnni = 1u << 11, kZmm = 0xE6;
  const Leaf features = cpuid(7, 0);
  return cpu_has_avx2() && all(saved_registers(), kZmm) && all(features.ebx, kF | kDq | kBw | kVl) &&
         all(features.ecx, kVnni);
}

}  // namespace tidbit
