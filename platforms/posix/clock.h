// A clock that never goes backwards.
#pragma once

#include <time.h>

namespace tidbit::posix {

// Seconds since an arbitrary point in the past.
inline double seconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace tidbit::posix
