# The list of instruction sets, from fast to slow. A row names isa/<name>.cpp and defines everything that the library
# knows about the set: its name, the enumerator TIDBIT_ISA_<NAME>, the table k<Name>Kernels, when the file contains the
# table, and what the CPU must have. Every build compiles all of these files. A file is empty if the compiler's options
# do not allow the set's instructions, so a build that does not use CMake needs no list of its own. From the rows,
# make_list.cmake makes list.inc, which the sources include: run it after each change.
#
# tidbit_isa(name
#   FOR condition      preprocessor condition that is true for the architecture, whatever the options; default: all
#   HAS condition      preprocessor condition that is true if the options allow the instructions; default: they do
#   OPTION variable    build option that can leave the set out
#   ENABLE option...   compiler options for the file, to allow the instructions; only for FOR
#   OPTIONS option...  further compiler options for the file, after -O2; GNU_OPTIONS are for gcc alone
#   FLAGS flag...      TIDBIT_CPU_ flags that the caller must set, if not every CPU of the build has the set
#   CPUID bits...      {leaf, subleaf, register, bits} that CPUID must report, as in CpuNeeds (cpu.h)
#   XCR0 bits)         registers that the OS must save
#
# -O2 applies in every build type: without inlining, two of these files could share a copy of a template.
set(arm64 "defined(__aarch64__)")
set(x86 "defined(__x86_64__)")
set(cortex_m_dsp "defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_FMA) && __ARM_ARCH_PROFILE == 'M'")

# On Arm, scheduling before register allocation is off: registers are for sums, not for early loads. One allocation
# region per function saves copies between registers, except in i8mm.
set(arm_schedule -fno-schedule-insns)
set(one_region -fira-region=one)

# On x86, functions and loops begin at cache lines. Otherwise the speed of a loop depends on the size of the code before
# it: on Zen 5, by a quarter for q8 and 8 tokens.
set(aligned -falign-functions=64 -falign-loops=64)

# With 16 registers, gcc must add each product as soon as it is there. Left alone, it moves the sums of a block behind
# all of its products, and spills those: q4 is slower by 30%.
set(in_order -fno-tree-reassoc -fno-tree-ter)

tidbit_isa(avx512vnni FOR "${x86}"
  HAS "defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && \
defined(__AVX512VNNI__) && defined(__FMA__) && defined(__F16C__)"
  ENABLE -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma -mf16c
  OPTIONS ${aligned}
  GNU_OPTIONS -Wno-maybe-uninitialized -Wno-uninitialized  # a false alarm inside gcc's own header
  XCR0 0xE6  # all vector registers and masks
  CPUID
    "1, 0, ecx, 1u << 12 | 1u << 29"                                   # FMA, F16C
    "7, 0, ebx, 1u << 5 | 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31"   # AVX2, AVX-512 F, DQ, BW, VL
    "7, 0, ecx, 1u << 11")                                             # VNNI
tidbit_isa(avxvnni FOR "${x86}"
  HAS "defined(__AVXVNNI__) && defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)"
  ENABLE -mavxvnni -mavx2 -mfma -mf16c
  OPTIONS ${aligned}
  GNU_OPTIONS ${in_order}
  XCR0 0x6  # 256-bit registers
  CPUID
    "1, 0, ecx, 1u << 12 | 1u << 29"  # FMA, F16C
    "7, 0, ebx, 1u << 5"              # AVX2
    "7, 1, eax, 1u << 4")             # AVX-VNNI
tidbit_isa(avx2 FOR "${x86}"
  HAS "defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)"
  ENABLE -mavx2 -mfma -mf16c
  OPTIONS ${aligned}
  GNU_OPTIONS ${in_order}
  XCR0 0x6  # 256-bit registers
  CPUID
    "1, 0, ecx, 1u << 12 | 1u << 29"  # FMA, F16C
    "7, 0, ebx, 1u << 5")             # AVX2

tidbit_isa(i8mm FOR "${arm64}"
  HAS "defined(__ARM_FEATURE_MATMUL_INT8) && defined(__ARM_FEATURE_DOTPROD)"
  ENABLE -march=armv8.2-a+dotprod+i8mm GNU_OPTIONS ${arm_schedule}
  FLAGS TIDBIT_CPU_DOTPROD TIDBIT_CPU_I8MM)
tidbit_isa(dotprod FOR "${arm64}"
  HAS "defined(__ARM_FEATURE_DOTPROD)"
  ENABLE -march=armv8.2-a+dotprod GNU_OPTIONS ${arm_schedule} ${one_region}
  FLAGS TIDBIT_CPU_DOTPROD)
tidbit_isa(neon FOR "${arm64}"
  GNU_OPTIONS ${arm_schedule} ${one_region})

tidbit_isa(helium HAS "${cortex_m_dsp} && defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)"
  OPTIONS -fomit-frame-pointer)
# The DSP loop needs every register. Unswitching loops (one copy for each value of an invariant condition) and removing
# partial redundancies would cost flash and gain nothing.
tidbit_isa(dsp HAS "${cortex_m_dsp}"
  OPTIONS -O3 -fomit-frame-pointer GNU_OPTIONS -fno-unswitch-loops -fno-tree-pre)

tidbit_isa(neon32 FOR "defined(__arm__) && __ARM_ARCH == 7 && __ARM_ARCH_PROFILE == 'A'"
  HAS "defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA) && defined(__ARM_FP16_FORMAT_IEEE)"
  ENABLE -march=armv7-a -mfpu=neon-vfpv4 -mfp16-format=ieee GNU_OPTIONS ${arm_schedule}
  FLAGS TIDBIT_CPU_NEON_VFPV4)

# An engine runs a WebAssembly module as a whole or not at all, so there is nothing to detect at run time.
tidbit_isa(simd128 FOR "defined(__wasm__)" HAS "defined(__wasm_simd128__)" OPTION TIDBIT_SIMD128
  ENABLE -msimd128)

# The reference is for comparison, and for processors without their own file. Its size matters more than its speed.
tidbit_isa(scalar HAS "TIDBIT_FEATURE_SCALAR_KERNELS"
  OPTIONS -Os)
