# Usage: cmake -DBUILD=folder -DNM=nm -P check_core_in_interface.cmake
# Checks that each library has exactly the kernels of its core.
cmake_minimum_required(VERSION 3.25)
set(tables_m33 kDspKernels)
set(tables_m55 kDspKernels kHeliumKernels)
foreach(core m33 m55)
  execute_process(COMMAND ${NM} -C --defined-only ${BUILD}/${core}/libtidbit_${core}.a OUTPUT_VARIABLE symbols
    COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "k[A-Za-z0-9]+Kernels\n" tables "${symbols}")
  string(REPLACE "\n" "" tables "${tables}")
  list(SORT tables)
  if(NOT tables STREQUAL "${tables_${core}}")
    message(FATAL_ERROR "the library for ${core} has the tables '${tables}'")
  endif()
endforeach()
