# 64-bit RISC-V Linux (rv64gc) with Debian's cross compiler. Tests run under qemu-riscv64.
set(TIDBIT_TRIPLE riscv64-linux-gnu)
set(TIDBIT_EMULATOR qemu-riscv64)
include(${CMAKE_CURRENT_LIST_DIR}/debian-cross-linux.cmake)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
