# 64-bit Arm Linux with Debian's cross compiler. Tests run under qemu-aarch64. The environment variable QEMU_CPU sets
# the CPU: cortex-a53 has plain NEON, cortex-a76 also the dot product, max (the default) everything that QEMU supports.
set(TIDBIT_TRIPLE aarch64-linux-gnu)
set(TIDBIT_EMULATOR qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/debian-cross-linux.cmake)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
