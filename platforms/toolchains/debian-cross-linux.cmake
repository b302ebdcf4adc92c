# Shared by the toolchain files for Linux, which include it: uses Debian's cross compiler for TIDBIT_TRIPLE, and runs
# programs with TIDBIT_EMULATOR.
set(CMAKE_SYSTEM_NAME Linux)

set(CMAKE_C_COMPILER ${TIDBIT_TRIPLE}-gcc)
set(CMAKE_CXX_COMPILER ${TIDBIT_TRIPLE}-g++)

# Find libraries and headers of the target, but programs of the build machine.
set(CMAKE_FIND_ROOT_PATH /usr/${TIDBIT_TRIPLE})
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

set(CMAKE_CROSSCOMPILING_EMULATOR ${TIDBIT_EMULATOR} -L /usr/${TIDBIT_TRIPLE})
