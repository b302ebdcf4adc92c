# Cortex-M without an operating system, with Debian's arm-none-eabi GCC. Each preset sets the core.
set(TIDBIT_CORTEX m4f CACHE STRING "Cortex-M core: m0plus, m3, m4f, m33, m7 or m55")
set_property(CACHE TIDBIT_CORTEX PROPERTY STRINGS m0plus m3 m4f m33 m7 m55)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TIDBIT_CORTEX)

set(core_m0plus -mcpu=cortex-m0plus -mfloat-abi=soft)
set(core_m3 -mcpu=cortex-m3 -mfloat-abi=soft)
set(core_m4f -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard)
set(core_m33 -mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard)
set(core_m7 -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard)
set(core_m55 -mcpu=cortex-m55 -mfloat-abi=hard)
if(NOT DEFINED core_${TIDBIT_CORTEX})
  message(FATAL_ERROR "TIDBIT_CORTEX=${TIDBIT_CORTEX}: unknown core; use m0plus, m3, m4f, m33, m7 or m55, "
    "or add its flags to ${CMAKE_CURRENT_LIST_FILE}")
endif()
list(JOIN core_${TIDBIT_CORTEX} " " core)

set(TIDBIT_CORE ${TIDBIT_CORTEX})
set(TIDBIT_EMULATOR qemu-system-arm)
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-${TIDBIT_CORTEX})

set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
set(CMAKE_C_FLAGS_INIT "${core} -mthumb")
set(CMAKE_CXX_FLAGS_INIT "${core} -mthumb")
set(CMAKE_ASM_FLAGS_INIT "${core} -mthumb")

# Compiler checks cannot link a program, because linking needs a board.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
