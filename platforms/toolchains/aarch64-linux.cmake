# 64-bit Arm Linux with Debian's cross compiler. Tests run under qemu-aarch64 as the CPU that the environment
# variable QEMU_CPU names: cortex-a53 has plain NEON, cortex-a76 the dot product too, max (the default) all that qemu knows.
set(TIDBIT_TRIPLE aarch64-linux-gnu)
set(TIDBIT_EMULATOR qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/debian-cross-linux.cmake)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
