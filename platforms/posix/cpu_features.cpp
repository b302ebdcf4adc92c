#include "posix/cpu_features.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "tidbit/tidbit.h"

#if (defined(__aarch64__) || defined(__arm__)) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace tidbit::posix {
namespace {

// Parses a size as sysfs writes it: "512K", "32M". Returns 0 if the file does not exist.
uint64_t cache_bytes(int index) {
  char path[80];
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
  FILE *file = fopen(path, "r");
  if (file == nullptr) return 0;
  unsigned long size = 0;
  char unit = 0;
  const int fields = fscanf(file, "%lu%c", &size, &unit);
  fclose(file);
  if (fields < 1) return 0;
  return uint64_t{size} << (unit == 'K' ? 10 : unit == 'M' ? 20 : 0);
}

}  // namespace

uint32_t cpu_features() {
  uint32_t features = 0;
#if defined(__aarch64__) && defined(__linux__)
  constexpr unsigned long kAsimdDotProduct = 1ul << 20, kInt8MatrixProduct = 1ul << 13;  // old headers lack these
  if ((getauxval(AT_HWCAP) & kAsimdDotProduct) != 0) features |= TIDBIT_CPU_DOTPROD;
  if ((getauxval(AT_HWCAP2) & kInt8MatrixProduct) != 0) features |= TIDBIT_CPU_I8MM;
#elif defined(__arm__) && defined(__linux__)
  constexpr unsigned long kNeon = 1ul << 12, kVfpV4 = 1ul << 16;
  if ((getauxval(AT_HWCAP) & (kNeon | kVfpV4)) == (kNeon | kVfpV4)) features |= TIDBIT_CPU_NEON_VFPV4;
#endif
  return features;
}

uint32_t cpu_count() {
#ifdef __linux__
  // A container or taskset may allow fewer CPUs than are online.
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    const int count = CPU_COUNT(&allowed);
    if (count > 0) return static_cast<uint32_t>(count);
  }
#endif
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<uint32_t>(online) : 1;
}

uint64_t largest_cache_bytes() {
  uint64_t largest = 0;
  for (int index = 0; index < 8; ++index) {
    const uint64_t bytes = cache_bytes(index);
    if (bytes > largest) largest = bytes;
  }
  return largest;
}

}  // namespace tidbit::posix
