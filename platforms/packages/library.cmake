# Adds the library to another project, as the target tidbit. The options are those of runtime/features.cmake.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
add_library(tidbit_flags INTERFACE)
target_compile_options(tidbit_flags INTERFACE -ffp-contract=off)
add_subdirectory(${CMAKE_CURRENT_LIST_DIR}/runtime ${CMAKE_CURRENT_BINARY_DIR}/runtime)
