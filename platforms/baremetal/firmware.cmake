# Firmware images, and the QEMU machines that run them.

set(TIDBIT_BAREMETAL_DIR ${CMAKE_CURRENT_LIST_DIR})
include(${CMAKE_CURRENT_LIST_DIR}/../../runtime/embed/model.cmake)

# tidbit_board(name core script) adds a board: the name of its QEMU machine, its core as in TIDBIT_CORE
# (set by the toolchain file), and its linker script in boards/.
macro(tidbit_board name core script)
  list(APPEND tidbit_boards_of_${core} ${name})
  set(tidbit_script_of_${name} ${TIDBIT_BAREMETAL_DIR}/boards/${script})
endmacro()
tidbit_board(mps3-an547 m55 mps3-an547.ld)
tidbit_board(mps2-an500 m7 mps2-an500.ld)
tidbit_board(mps2-an505 m33 mps2-an505.ld)
tidbit_board(mps2-an386 m4f mps2-an385.ld)
tidbit_board(netduinoplus2 m4f netduinoplus2.ld)
tidbit_board(mps2-an385 m3 mps2-an385.ld)
tidbit_board(microbit m0plus microbit.ld)
tidbit_board(virt rv32imac virt.ld)
tidbit_board(virt rv32imafc virt.ld)

# tidbit_add_firmware(name BOARD board SOURCES file... [BLOB model.tidbit] [LIBRARY tidbit]) adds an image with startup
# code, main() from the sources, and the blob.
function(tidbit_add_firmware name)
  cmake_parse_arguments(arg "" "BOARD;BLOB;LIBRARY" "SOURCES" ${ARGN})
  if(NOT arg_LIBRARY)
    set(arg_LIBRARY tidbit)
  endif()
  set(script ${tidbit_script_of_${arg_BOARD}})
  if(NOT script)
    message(FATAL_ERROR "unknown board ${arg_BOARD}; add it to the table in ${TIDBIT_BAREMETAL_DIR}/firmware.cmake")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tidbit_board ${arg_LIBRARY} tidbit_flags)
  target_link_options(${name} PRIVATE
    -T${script} -L${TIDBIT_BAREMETAL_DIR}/boards -Wl,-Map=$<TARGET_FILE:${name}>.map)
  set_target_properties(${name} PROPERTIES SUFFIX .elf
    LINK_DEPENDS "${script};${TIDBIT_BAREMETAL_DIR}/boards/sections.ld")
  if(arg_BLOB)
    tidbit_add_model(${name} ${arg_BLOB} SECTION .model)
    set_target_properties(${name} PROPERTIES TIDBIT_BLOB ${arg_BLOB})
  endif()
endfunction()
