/* What a sketch includes. The library is C++20, which most cores of Arduino do not compile: it comes as archives, and
 * these are for Cortex-M. */
#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
#error "tidbit's Arduino library has archives for Cortex-M alone"
#endif
#include "tidbit/tidbit.h"
