# 64-bit Arm Linux with Debian's cross compiler. Tests run under qemu-aarch64 as the CPU named by QEMU_CPU: cortex-a53
# has plain NEON, cortex-a76 the dot product too, max everything that qemu knows.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# Libraries and headers are the target's, programs the build machine's.
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

set(QEMU_CPU max CACHE STRING "CPU that qemu-aarch64 plays when tests run")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu ${QEMU_CPU} -L /usr/aarch64-linux-gnu)
