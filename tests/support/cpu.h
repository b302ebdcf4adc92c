// CPU features that the library itself cannot detect (tidbit_options.cpu).
#pragma once

#include <cstdint>

#include "tidbit/tidbit.h"

#if (defined(__aarch64__) || defined(__arm__)) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace tidbit::test {

inline std::uint32_t cpu_features() {
#if defined(__aarch64__) && defined(__linux__)
  return ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0 ? TIDBIT_CPU_DOTPROD : 0) |
         ((getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0 ? TIDBIT_CPU_I8MM : 0);
#elif defined(__arm__) && defined(__linux__)
  constexpr unsigned long kBoth = HWCAP_NEON | HWCAP_VFPv4;
  return (getauxval(AT_HWCAP) & kBoth) == kBoth ? TIDBIT_CPU_NEON_VFPV4 : 0;
#else
  return 0;
#endif
}

}  // namespace tidbit::test
