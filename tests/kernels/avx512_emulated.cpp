// The AVX-512 kernels on AVX2: the same file, other intrinsics, and its table under another name.
#include "tests/kernels/simde_avx512.h"

#define TIDBIT_FILE_AVX512VNNI
#define kAvx512vnniKernels kAvx512EmulatedKernels
#include "kernels/isa/avx512vnni.cpp"
