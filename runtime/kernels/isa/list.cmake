# The list of instruction sets, from fast to slow. A row adds isa/<name>.cpp to builds for the matching targets. It also
# defines everything that the library knows about the set (select.cpp): its name, the enumerator TIDBIT_ISA_<NAME>, the
# table k<Name>Kernels, and what the CPU must have. Tests read the names of a build's sets from the target property
# TIDBIT_ISAS.
#
# tidbit_isa(name
#   WHEN condition     preprocessor condition that is true for the set's targets; default: all targets
#   OPTION variable    build option that can leave the set out
#   OPTIONS option...  compiler options, added after -O2; GNU_OPTIONS are for gcc alone
#   FLAGS flag...      TIDBIT_CPU_ flags that the caller must set, if not every CPU of the target has the set
#   CPUID bits...      {leaf, subleaf, register, bits} that CPUID must report, as in CpuNeeds (cpu.h)
#   XCR0 bits)         registers that the OS must save
#
# -O2 applies in every build type: without inlining, two of these files could share a copy of a template.
set(arm64 "defined(__aarch64__)")
set(x86 "defined(__x86_64__)")
set(cortex_m_dsp "defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_FMA) && __ARM_ARCH_PROFILE == 'M'")

# On Arm, scheduling before register allocation is off: registers are for sums, not for early loads. One allocation region
# per function saves copies between registers, except in i8mm.
set(arm_schedule -fno-schedule-insns)
set(one_region -fira-region=one)

# On x86, functions and loops begin at cache lines. Otherwise the speed of a loop depends on the size of the code before
# it: on Zen 5, by a quarter for q8 and 8 tokens.
set(aligned -falign-functions=64 -falign-loops=64)

tidbit_isa(avx512vnni WHEN "${x86}"
  OPTIONS ${aligned} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma -mf16c
  GNU_OPTIONS -Wno-maybe-uninitialized -Wno-uninitialized  # a false alarm inside gcc's own header
  XCR0 0xE6  # all vector registers and masks
  CPUID
    "1, 0, ecx, 1u << 12 | 1u << 29"                                   # FMA, F16C
    "7, 0, ebx, 1u << 5 | 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31"   # AVX2, AVX-512 F, DQ, BW, VL
    "7, 0, ecx, 1u << 11")                                             # VNNI
tidbit_isa(avx2 WHEN "${x86}"
  OPTIONS ${aligned} -mavx2 -mfma -mf16c
  XCR0 0x6  # 256-bit registers
  CPUID
    "1, 0, ecx, 1u << 12 | 1u << 29"  # FMA, F16C
    "7, 0, ebx, 1u << 5")             # AVX2

tidbit_isa(i8mm WHEN "${arm64}"
  OPTIONS -march=armv8.2-a+dotprod+i8mm GNU_OPTIONS ${arm_schedule}
  FLAGS TIDBIT_CPU_DOTPROD TIDBIT_CPU_I8MM)
tidbit_isa(dotprod WHEN "${arm64}"
  OPTIONS -march=armv8.2-a+dotprod GNU_OPTIONS ${arm_schedule} ${one_region}
  FLAGS TIDBIT_CPU_DOTPROD)
tidbit_isa(neon WHEN "${arm64}"
  GNU_OPTIONS ${arm_schedule} ${one_region})

tidbit_isa(helium WHEN "${cortex_m_dsp} && defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)"
  OPTIONS -fomit-frame-pointer)
# The DSP loop needs every register. Unswitching loops (one copy for each value of an invariant condition) would cost
# flash and gain nothing.
tidbit_isa(dsp WHEN "${cortex_m_dsp}"
  OPTIONS -O3 -fomit-frame-pointer -fno-unswitch-loops GNU_OPTIONS -mfp16-format=ieee)

tidbit_isa(neon32 WHEN "defined(__arm__) && __ARM_ARCH == 7 && __ARM_ARCH_PROFILE == 'A'"
  OPTIONS -march=armv7-a -mfpu=neon-vfpv4 -mfp16-format=ieee GNU_OPTIONS ${arm_schedule}
  FLAGS TIDBIT_CPU_NEON_VFPV4)

# An engine runs a WebAssembly module as a whole or not at all, so there is nothing to detect at run time.
tidbit_isa(simd128 WHEN "defined(__wasm__)" OPTION TIDBIT_SIMD128
  OPTIONS -msimd128)

# The reference is for comparison, and for processors without their own file. Its size matters more than its speed.
tidbit_isa(scalar OPTION TIDBIT_SCALAR_KERNELS
  OPTIONS -Os)
