# Provides tidbit_add_firmware to projects outside tidbit that make an image for BOARD.
set(BOARD "" CACHE STRING "Machine of qemu-system-arm")
set(baremetal ${CMAKE_CURRENT_LIST_DIR}/../../platforms/baremetal)
add_library(tidbit_flags INTERFACE)
include(${baremetal}/firmware.cmake)
include(${baremetal}/board.cmake)
