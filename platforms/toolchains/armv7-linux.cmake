# 32-bit Arm Linux (Armv7-A, hard floats) with Debian's cross compiler. Everything except the kernels of an instruction
# set runs on any Armv7-A with an FPU. Tests run under qemu-arm. The environment variable QEMU_CPU sets the CPU:
# cortex-a8 and cortex-a9 have VFPv3 and get the scalar table; cortex-a7, cortex-a15 and max (the default) have VFPv4.
set(TIDBIT_TRIPLE arm-linux-gnueabihf)
set(TIDBIT_EMULATOR qemu-arm)
include(${CMAKE_CURRENT_LIST_DIR}/debian-cross-linux.cmake)
set(CMAKE_SYSTEM_PROCESSOR armv7-a)
set(CMAKE_C_FLAGS_INIT "-march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=hard")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT} -Wno-psabi") # silence notes about an ABI change in GCC 7
