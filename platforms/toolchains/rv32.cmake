# 32-bit RISC-V without an operating system, with Debian's riscv64-unknown-elf GCC and picolibc. There is no C++ library
# for it. Each preset sets the extensions.
set(TIDBIT_RV32 imac CACHE STRING "Extensions: imac, or imafc with a single-precision FPU")
set_property(CACHE TIDBIT_RV32 PROPERTY STRINGS imac imafc)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TIDBIT_RV32)

set(abi_imac ilp32)
set(abi_imafc ilp32f)
if(NOT DEFINED abi_${TIDBIT_RV32})
  message(FATAL_ERROR "TIDBIT_RV32=${TIDBIT_RV32}: unknown extensions; use imac or imafc, or add their ABI to "
    "${CMAKE_CURRENT_LIST_FILE}")
endif()

# The emulator's core has these extensions and no others.
set(TIDBIT_CORE rv32${TIDBIT_RV32})
set(TIDBIT_EMULATOR qemu-system-riscv32 -bios none -cpu rv32,d=false)
if(TIDBIT_RV32 STREQUAL "imac")
  set(TIDBIT_EMULATOR qemu-system-riscv32 -bios none -cpu rv32,d=false,f=false)
endif()
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR ${TIDBIT_CORE})

# Debian's libraries exist for the architecture as GCC 12 spells it, without _zicsr.
set(core "-march=${TIDBIT_CORE} -mabi=${abi_${TIDBIT_RV32}} --specs=picolibc.specs")
foreach(language C CXX ASM)
  set(CMAKE_${language}_COMPILER riscv64-unknown-elf-gcc)
  set(CMAKE_${language}_FLAGS_INIT ${core})
endforeach()
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
# The C compiler links, because g++ would ask for libstdc++.
set(CMAKE_CXX_LINK_EXECUTABLE
  "<CMAKE_C_COMPILER> <FLAGS> <CMAKE_CXX_LINK_FLAGS> <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")

# Compiler checks cannot link a program, because linking needs a board.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
