# 32-bit Arm Linux (Armv7-A, hard floats) with Debian's cross compiler. What is not of an instruction set of its own
# runs on every Armv7-A with an FPU. Tests run under qemu-arm as the CPU that the environment variable QEMU_CPU names:
# cortex-a8 and cortex-a9 have VFPv3 and get the scalar table, cortex-a7, cortex-a15 and max (the default) VFPv4.
set(TIDBIT_TRIPLE arm-linux-gnueabihf)
set(TIDBIT_EMULATOR qemu-arm)
include(${CMAKE_CURRENT_LIST_DIR}/debian-cross-linux.cmake)
set(CMAKE_SYSTEM_PROCESSOR armv7-a)
set(CMAKE_C_FLAGS_INIT "-march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=hard")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT} -Wno-psabi") # no word of what gcc 7 changed
