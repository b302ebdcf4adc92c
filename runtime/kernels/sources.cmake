# Adds every file of an instruction set to the target, with its compiler options (isa/list.cmake). The compiler decides
# which of the files contain kernels, because this file may not see the options that select a core: they can be in an
# interface that the target gets later.
include(CheckCXXSourceCompiles)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_REQUIRED_QUIET ON)

# tidbit_compiles_for(out condition) sets `out` to whether a preprocessor condition is true.
macro(tidbit_compiles_for out condition)
  string(MAKE_C_IDENTIFIER "TIDBIT_FOR_${condition}" tidbit_for)
  check_cxx_source_compiles("
    #if !(${condition})
    #error not for this target
    #endif
    void tidbit() {}" ${tidbit_for})
  set(${out} ${${tidbit_for}})
endmacro()

tidbit_compiles_for(tidbit_for_wasm "defined(__wasm__)")
if(tidbit_for_wasm)
  option(TIDBIT_SIMD128 "Kernels for engines with SIMD128" ON)
endif()

macro(tidbit_isa name)
  cmake_parse_arguments(isa "" "FOR;HAS;OPTION;XCR0" "ENABLE;OPTIONS;GNU_OPTIONS;FLAGS;CPUID" ${ARGN})
  target_sources(${tidbit_library} PRIVATE kernels/isa/${name}.cpp)
  set(isa_wanted ON)
  if(isa_OPTION)
    set(isa_wanted ${${isa_OPTION}})
  endif()
  if(isa_FOR AND isa_wanted)
    tidbit_compiles_for(isa_wanted "${isa_FOR}")
  endif()
  if(isa_wanted)
    set(isa_level -O2)
    if(TIDBIT_SANITIZE)
      set(isa_level -O1)  # the sanitizers' checks take twice the time at -O2
    endif()
    set(isa_flags ${isa_level} ${isa_OPTIONS} ${isa_ENABLE})
    if(TIDBIT_SANITIZE AND "${name}" MATCHES "^avx.*vnni$")
      # The same bodies as AVX2's, but minutes of compile time with the checks.
      list(APPEND isa_flags -fno-sanitize=all)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      list(APPEND isa_flags ${isa_GNU_OPTIONS})
    endif()
    set_source_files_properties(kernels/isa/${name}.cpp PROPERTIES COMPILE_OPTIONS "${isa_flags}")
    if(isa_ENABLE)
      string(TOUPPER ${name} isa_upper)
      target_compile_definitions(${tidbit_library} PRIVATE TIDBIT_KERNELS_${isa_upper})
    endif()
  endif()
endmacro()
include(kernels/isa/list.cmake)

tidbit_compiles_for(tidbit_for_xsimd "${x86} || ${arm64}")
if(NOT tidbit_for_xsimd)
  # The compiler must not vectorize on its own, because Helium and Armv7's NEON flush subnormals.
  target_compile_options(${tidbit_library} PRIVATE -fno-tree-vectorize -fno-tree-slp-vectorize)
else()
  # xsimd is header-only, the same for every target. A cross build must not see the other headers in its folder, which
  # belong to the build machine, so it gets a folder with a link to xsimd alone. (xsimd's CMake package is no help: it
  # links a library that is not needed.)
  find_path(TIDBIT_XSIMD_INCLUDE xsimd/xsimd.hpp PATHS /usr/include /usr/local/include NO_CMAKE_FIND_ROOT_PATH
    DOC "The folder that holds xsimd/xsimd.hpp (Debian: libxsimd-dev)")
  if(NOT TIDBIT_XSIMD_INCLUDE)
    message(FATAL_ERROR "xsimd was not found: install libxsimd-dev, or give -DTIDBIT_XSIMD_INCLUDE=folder")
  endif()
  set(xsimd_only ${CMAKE_CURRENT_BINARY_DIR}/xsimd-include)
  file(MAKE_DIRECTORY ${xsimd_only})
  file(CREATE_LINK ${TIDBIT_XSIMD_INCLUDE}/xsimd ${xsimd_only}/xsimd SYMBOLIC)
  target_include_directories(${tidbit_library} SYSTEM PRIVATE ${xsimd_only})
endif()
