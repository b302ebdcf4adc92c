# Usage: cmake -P tests/layers.cmake
# Fails where a file includes one of a layer that is not below its own, and where the library includes a header of the
# system that a toolchain for firmware may lack. The build runs it (CMakeLists.txt).
cmake_minimum_required(VERSION 3.25)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

# Folder, and the folders that its files may include beside it. `tidbit` is the public header.
set(layers
  "runtime/include:"
  "runtime/base:tidbit"
  "runtime/format:base tidbit"
  "runtime/kernels:base format tidbit"
  "runtime/text:base format tidbit"
  "runtime/open:base format text tidbit"
  "runtime/trust:base format tidbit"
  "runtime/chat:base format tidbit"
  "runtime/grammar:base format tidbit"
  "runtime/model:base format kernels tidbit"
  "runtime/generate:base format kernels tidbit"
  "quant:base format"
  "converter:base format tidbit quant text model kernels cli"  # calibrate/forward.cpp; report/: cli/boards.h
  "platforms:tidbit cli posix format text")  # the last two are for cli/needs.cpp; musl's builds allow no other file

# The system's headers that the library may include: those of C that a toolchain without an operating system has, and
# those of the compiler for an instruction set. There may be no C++ library (runtime/base/types.h has what is needed).
set(system_headers stddef.h stdint.h string.h)
set(compiler_headers arm_mve.h arm_neon.h cpuid.h immintrin.h wasm_simd128.h)
set(system_headers_types.h cstddef cstdint)        # if they are there
set(system_headers_xsimd_lanes.h xsimd/xsimd.hpp)  # only for x86-64 and 64-bit Arm

set(wrong "")
set(missing "")
foreach(layer IN LISTS layers)
  string(REGEX MATCH "^([^:]+):(.*)$" layer "${layer}")
  set(folder ${CMAKE_MATCH_1})
  string(REPLACE " " ";" allowed "${CMAKE_MATCH_2}")
  get_filename_component(name ${folder} NAME)
  file(GLOB_RECURSE files ${root}/${folder}/*.h ${root}/${folder}/*.cpp)
  foreach(file IN LISTS files)
    file(STRINGS ${file} includes REGEX "^#include \"[a-z_0-9]+/")
    foreach(include IN LISTS includes)
      string(REGEX REPLACE "^#include \"([a-z_0-9]+)/.*" "\\1" from "${include}")
      if(NOT from STREQUAL name AND NOT from IN_LIST allowed)
        file(RELATIVE_PATH path ${root} ${file})
        string(APPEND wrong "\n  ${path}: ${include}")
      endif()
    endforeach()
    if(folder MATCHES "^runtime/")
      get_filename_component(file_name ${file} NAME)
      file(STRINGS ${file} includes REGEX "^ *# *include *<")
      foreach(include IN LISTS includes)
        string(REGEX REPLACE ".*<(.*)>.*" "\\1" header "${include}")
        if(NOT header IN_LIST system_headers AND NOT header IN_LIST system_headers_${file_name}
           AND NOT (folder STREQUAL "runtime/kernels" AND header IN_LIST compiler_headers))
          file(RELATIVE_PATH path ${root} ${file})
          string(APPEND missing "\n  ${path}: ${include}")
        endif()
      endforeach()
    endif()
  endforeach()
endforeach()
if(missing)
  message(FATAL_ERROR "headers that not every toolchain for firmware has (tests/layers.cmake lists the allowed ones, "
    "runtime/base/types.h, meta.h and place.h replace others):${missing}")
endif()
if(wrong)
  message(FATAL_ERROR "includes that point the wrong way (layers are in tests/layers.cmake):${wrong}")
endif()
