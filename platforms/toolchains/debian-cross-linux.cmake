# What the toolchain files of Linux targets share: Debian's cross compiler of TIDBIT_TRIPLE, and TIDBIT_EMULATOR to run
# its programs. Included by them, not for itself.
set(CMAKE_SYSTEM_NAME Linux)

set(CMAKE_C_COMPILER ${TIDBIT_TRIPLE}-gcc)
set(CMAKE_CXX_COMPILER ${TIDBIT_TRIPLE}-g++)

# Libraries and headers are the target's, programs the build machine's.
set(CMAKE_FIND_ROOT_PATH /usr/${TIDBIT_TRIPLE})
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

set(CMAKE_CROSSCOMPILING_EMULATOR ${TIDBIT_EMULATOR} -L /usr/${TIDBIT_TRIPLE})
