/* The header that a sketch includes. The library is written in C++20, which most Arduino cores do not compile, so it
 * comes as archives for Cortex-M. */
#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
#error "tidbit's Arduino library supports Cortex-M boards only"
#endif
#include "tidbit/tidbit.h"
