// What the CPU can run, asked of the CPU itself.
#pragma once

namespace tidbit {

#ifdef TIDBIT_KERNELS_X86
bool cpu_has_avx2();        // AVX2, FMA and F16C, and an OS that saves the registers
bool cpu_has_avx512vnni();  // AVX-512 F, BW, DQ, VL and VNNI beside these, and the OS likewise
#endif

}  // namespace tidbit
