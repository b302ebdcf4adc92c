# Defines the target tidbit_board: startup code, semihosting, and the compiler and linker options for firmware.
set(tidbit_core_startup ${TIDBIT_BAREMETAL_DIR}/cortex_m.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^rv32")
  set(tidbit_core_startup ${TIDBIT_BAREMETAL_DIR}/rv32.c)
endif()
add_library(tidbit_board OBJECT ${tidbit_core_startup} ${TIDBIT_BAREMETAL_DIR}/startup.c
  ${TIDBIT_BAREMETAL_DIR}/semihosting.c ${TIDBIT_BAREMETAL_DIR}/semihosting_number.c)
target_include_directories(tidbit_board PUBLIC ${TIDBIT_BAREMETAL_DIR})
target_link_libraries(tidbit_board PRIVATE tidbit_flags)
set_source_files_properties(${TIDBIT_BAREMETAL_DIR}/cortex_m.c PROPERTIES COMPILE_OPTIONS -mgeneral-regs-only)
target_compile_options(tidbit_board INTERFACE
  -ffunction-sections -fdata-sections
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions;-fno-rtti;-fno-threadsafe-statics;-fno-use-cxa-atexit>
  $<$<COMPILE_LANGUAGE:C,CXX>:-fno-unwind-tables;-fno-asynchronous-unwind-tables>)
# The C library provides memcpy and the like. Code that uses a heap or files does not link: there are no system calls.
target_link_options(tidbit_board INTERFACE -nostartfiles -Wl,--gc-sections)
