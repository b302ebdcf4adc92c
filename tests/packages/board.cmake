# For projects outside of tidbit that make an image of BOARD: tidbit_add_firmware.
set(BOARD "" CACHE STRING "Machine of qemu-system-arm")
set(baremetal ${CMAKE_CURRENT_LIST_DIR}/../../platforms/baremetal)
add_library(tidbit_flags INTERFACE)
include(${baremetal}/firmware.cmake)
include(${baremetal}/board.cmake)
