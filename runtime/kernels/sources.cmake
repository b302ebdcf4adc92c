# Turns the rows of isa/list.cmake into the target's sources and flags, and into the list that select.cpp includes.
include(CheckCXXSourceCompiles)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(tidbit_isas "")      # names of this build's sets
set(tidbit_isa_list "")  # the text of kernels/isa/list.inc, the same for all targets
set(tidbit_kernels_for_all OFF)

if(CMAKE_SYSTEM_PROCESSOR STREQUAL "wasm32")
  option(TIDBIT_SIMD128 "Kernels for engines with SIMD128" ON)
endif()

macro(tidbit_isa name)
  cmake_parse_arguments(isa "" "WHEN;OPTION;XCR0" "OPTIONS;GNU_OPTIONS;FLAGS;CPUID" ${ARGN})
  string(TOUPPER ${name} isa_upper)
  string(SUBSTRING ${isa_upper} 0 1 isa_table)
  string(REGEX REPLACE "^.(.*)$" "k${isa_table}\\1Kernels" isa_table ${name})
  set(isa_needs "")  # fields of CpuNeeds
  if(isa_FLAGS)
    list(JOIN isa_FLAGS " | " isa_FLAGS)
    list(APPEND isa_needs ".flags = ${isa_FLAGS}")
  endif()
  if(isa_CPUID)
    list(JOIN isa_CPUID "}, {" isa_CPUID)
    list(APPEND isa_needs ".xcr0 = ${isa_XCR0}" ".cpuid = {{${isa_CPUID}}}")
  endif()
  string(JOIN ", " isa_fields ${name} ${isa_upper} ${isa_table} ${isa_needs})
  string(APPEND tidbit_isa_list "#ifdef TIDBIT_KERNELS_${isa_upper}\nTIDBIT_ISA_BUILT(${isa_fields})\n"
    "#else\nTIDBIT_ISA_ABSENT(${name}, ${isa_upper})\n#endif\n")
  if(isa_WHEN)
    check_cxx_source_compiles("
      #if !(${isa_WHEN})
      #error not for this target
      #endif
      void tidbit() {}" TIDBIT_TARGET_HAS_${isa_upper})
  else()
    set(TIDBIT_TARGET_HAS_${isa_upper} ON)
  endif()
  if(TIDBIT_TARGET_HAS_${isa_upper} AND (NOT isa_OPTION OR "${${isa_OPTION}}"))
    list(APPEND tidbit_isas ${name})
    target_sources(${tidbit_library} PRIVATE kernels/isa/${name}.cpp)
    target_compile_definitions(${tidbit_library} PRIVATE TIDBIT_KERNELS_${isa_upper})
    set(isa_flags -O2 ${isa_OPTIONS})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      list(APPEND isa_flags ${isa_GNU_OPTIONS})
    endif()
    set_source_files_properties(kernels/isa/${name}.cpp PROPERTIES COMPILE_OPTIONS "${isa_flags}")
    if(NOT isa_needs)
      set(tidbit_kernels_for_all ON)
    endif()
  endif()
endmacro()
include(kernels/isa/list.cmake)

if(NOT tidbit_kernels_for_all)
  message(FATAL_ERROR "TIDBIT_SCALAR_KERNELS=OFF: this target has no other kernels that are certain to run "
    "(64-bit Arm, WebAssembly with SIMD128, and Cortex-M with the DSP extension and an FPU do)")
endif()
set_target_properties(${tidbit_library} PROPERTIES TIDBIT_ISAS "${tidbit_isas}")
file(CONFIGURE OUTPUT kernels/isa/list.inc CONTENT "// Made of kernels/isa/list.cmake.\n${tidbit_isa_list}" @ONLY)
target_include_directories(${tidbit_library} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})

if(TIDBIT_TARGET_HAS_AVX2)
  target_sources(${tidbit_library} PRIVATE kernels/cpuid.cpp)
endif()
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|aarch64|arm64)$")
  # The compiler must not vectorize on its own, because Helium and Armv7's NEON flush subnormals.
  target_compile_options(${tidbit_library} PRIVATE -fno-tree-vectorize -fno-tree-slp-vectorize)
else()
  # xsimd is header-only, the same for every target. A cross build must not see the other headers in its folder, which
  # belong to the build machine, so it gets a folder with a link to xsimd alone. (xsimd's CMake package is no help: it
  # links a library that is not needed.)
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
