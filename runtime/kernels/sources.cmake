# The reference is for comparison and for processors without a file of their own: small before fast.
set_source_files_properties(kernels/scalar.cpp PROPERTIES COMPILE_OPTIONS "-Os")

# One file per instruction set, with the flags it needs. -O2 stays whatever the build type: without inlining, two of
# these files could share a copy of a template.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  target_sources(${tidbit_library} PRIVATE kernels/cpu_x86.cpp kernels/avx2.cpp kernels/avx512vnni.cpp)
  target_compile_definitions(${tidbit_library} PRIVATE TIDBIT_KERNELS_X86)
  set_source_files_properties(kernels/avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;-O2")
  set(avx512_options -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma -mf16c -O2)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND avx512_options -Wno-maybe-uninitialized -Wno-uninitialized)  # a false alarm inside gcc's own header
  endif()
  set_source_files_properties(kernels/avx512vnni.cpp PROPERTIES COMPILE_OPTIONS "${avx512_options}")
  set(tidbit_needs_xsimd ON)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  target_sources(${tidbit_library} PRIVATE kernels/neon.cpp kernels/dotprod.cpp kernels/i8mm.cpp)
  target_compile_definitions(${tidbit_library} PRIVATE TIDBIT_KERNELS_AARCH64)
  set(tidbit_kernels_of_target ON)
  set(neon_options -O2)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # registers are for sums, not for loads long before their use
    list(APPEND neon_options -fno-schedule-insns)
    set(one_region -fira-region=one)  # fewer copies between registers; more of them in i8mm.cpp
  endif()
  set_source_files_properties(kernels/neon.cpp PROPERTIES COMPILE_OPTIONS "${neon_options};${one_region}")
  set_source_files_properties(kernels/dotprod.cpp PROPERTIES
    COMPILE_OPTIONS "-march=armv8.2-a+dotprod;${neon_options};${one_region}")
  set_source_files_properties(kernels/i8mm.cpp PROPERTIES
    COMPILE_OPTIONS "-march=armv8.2-a+dotprod+i8mm;${neon_options}")
  set(tidbit_needs_xsimd ON)
else()
  # No vectors by the compiler's choice: those of Helium and of Armv7's NEON flush subnormals.
  target_compile_options(${tidbit_library} PRIVATE -fno-tree-vectorize -fno-tree-slp-vectorize)
  # Cortex-M has no way to ask at run time and needs none: the flags for the core say what it has.
  include(CheckCXXSourceCompiles)
  check_cxx_source_compiles("
    #if !defined(__ARM_FEATURE_DSP) || !defined(__ARM_FEATURE_FMA) || __ARM_ARCH_PROFILE != 'M'
    #error no Cortex-M with the DSP extension and an FPU
    #endif
    void tidbit() {}" TIDBIT_CORTEX_M_DSP)
  if(TIDBIT_CORTEX_M_DSP)
    set(tidbit_kernels_of_target ON)
    target_sources(${tidbit_library} PRIVATE kernels/dsp.cpp)
    target_compile_definitions(${tidbit_library} PRIVATE TIDBIT_KERNELS_CORTEX_M)
    # Its loop takes every register. Loops written twice for a condition that stays the same cost flash, gain nothing.
    set(dsp_options -O3 -fomit-frame-pointer -fno-unswitch-loops)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      list(APPEND dsp_options -mfp16-format=ieee)
    endif()
    set_source_files_properties(kernels/dsp.cpp PROPERTIES COMPILE_OPTIONS "${dsp_options}")
    check_cxx_source_compiles("
      #if !defined(__ARM_FEATURE_MVE) || (__ARM_FEATURE_MVE & 2) == 0
      #error no Helium with floats
      #endif
      void tidbit() {}" TIDBIT_CORTEX_M_HELIUM)
    if(TIDBIT_CORTEX_M_HELIUM)
      target_sources(${tidbit_library} PRIVATE kernels/helium.cpp)
      target_compile_definitions(${tidbit_library} PRIVATE TIDBIT_KERNELS_HELIUM)
      set_source_files_properties(kernels/helium.cpp PROPERTIES COMPILE_OPTIONS "-O2;-fomit-frame-pointer")
    endif()
  endif()
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^armv7")
    target_sources(${tidbit_library} PRIVATE kernels/neon32.cpp)
    target_compile_definitions(${tidbit_library} PRIVATE TIDBIT_KERNELS_ARMV7)
    set(neon_options -march=armv7-a -mfpu=neon-vfpv4 -mfp16-format=ieee -O2)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # as above
      list(APPEND neon_options -fno-schedule-insns)
    endif()
    set_source_files_properties(kernels/neon32.cpp PROPERTIES COMPILE_OPTIONS "${neon_options}")
  elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "wasm32")
    # A module is run whole or not at all, so that there is nothing to ask at run time.
    option(TIDBIT_SIMD128 "Kernels for engines with SIMD128" ON)
    if(TIDBIT_SIMD128)
      set(tidbit_kernels_of_target ON)
      target_sources(${tidbit_library} PRIVATE kernels/simd128.cpp)
      target_compile_definitions(${tidbit_library} PRIVATE TIDBIT_KERNELS_SIMD128)
      set_source_files_properties(kernels/simd128.cpp PROPERTIES COMPILE_OPTIONS "-msimd128;-O2")
    endif()
  endif()
endif()

# xsimd is headers only, the same for every target. A cross build must not see the other headers beside it, which are
# the build machine's: it gets a folder with a link to xsimd alone. (xsimd's CMake package is of no use here: it asks the
# linker for a library of a package that is not needed.)
if(tidbit_needs_xsimd)
  find_path(TIDBIT_XSIMD_INCLUDE xsimd/xsimd.hpp NO_CMAKE_FIND_ROOT_PATH
    DOC "The folder that holds xsimd/xsimd.hpp (Debian: libxsimd-dev)")
  if(NOT TIDBIT_XSIMD_INCLUDE)
    message(FATAL_ERROR "xsimd was not found: install libxsimd-dev, or give -DTIDBIT_XSIMD_INCLUDE=folder")
  endif()
  set(xsimd_only ${CMAKE_CURRENT_BINARY_DIR}/xsimd-include)
  file(MAKE_DIRECTORY ${xsimd_only})
  file(CREATE_LINK ${TIDBIT_XSIMD_INCLUDE}/xsimd ${xsimd_only}/xsimd SYMBOLIC)
  target_include_directories(${tidbit_library} SYSTEM PRIVATE ${xsimd_only})
endif()
