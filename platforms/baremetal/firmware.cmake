# Firmware images and the machines of qemu-system-arm that run them.

# Board, core and linker script. A further board is a further row here and a script in boards/.
set(tidbit_boards
  "mps2-an385    m3      mps2-an385.ld"
  "mps2-an386    m4f     mps2-an385.ld"
  "netduinoplus2 m4f     netduinoplus2.ld"
  "mps2-an505    m33     mps2-an505.ld"
  "mps2-an500    m7      mps2-an500.ld"
  "mps3-an547    m55     mps3-an547.ld"
  "microbit      m0plus  microbit.ld"
)

# The boards of a core.
function(tidbit_boards_of core out)
  set(names "")
  foreach(row IN LISTS tidbit_boards)
    separate_arguments(row UNIX_COMMAND "${row}")
    list(GET row 1 row_core)
    if(row_core STREQUAL core)
      list(GET row 0 name)
      list(APPEND names ${name})
    endif()
  endforeach()
  set(${out} ${names} PARENT_SCOPE)
endfunction()

function(tidbit_linker_script board out)
  foreach(row IN LISTS tidbit_boards)
    separate_arguments(row UNIX_COMMAND "${row}")
    list(GET row 0 name)
    if(name STREQUAL board)
      list(GET row 2 script)
      set(${out} ${TIDBIT_BAREMETAL_DIR}/boards/${script} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "${board} is not in the table of boards")
endfunction()

set(TIDBIT_BAREMETAL_DIR ${CMAKE_CURRENT_LIST_DIR})

# tidbit_add_firmware(name BOARD board SOURCES file... [BLOB model.tidbit] [LIBRARY tidbit]): an image that runs from reset
# to main().
# The blob, which may be made by another rule of the same directory, becomes model_blob in the section .model.
function(tidbit_add_firmware name)
  cmake_parse_arguments(arg "" "BOARD;BLOB;LIBRARY" "SOURCES" ${ARGN})
  if(NOT arg_LIBRARY)
    set(arg_LIBRARY tidbit)
  endif()
  tidbit_linker_script(${arg_BOARD} script)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tidbit_board ${arg_LIBRARY} tidbit_flags)
  target_link_options(${name} PRIVATE
    -T${script} -L${TIDBIT_BAREMETAL_DIR}/boards -Wl,-Map=$<TARGET_FILE:${name}>.map)
  set_target_properties(${name} PROPERTIES SUFFIX .elf
    LINK_DEPENDS "${script};${TIDBIT_BAREMETAL_DIR}/boards/sections.ld")
  if(arg_BLOB)
    set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${name}-model.S)
    configure_file(${TIDBIT_BAREMETAL_DIR}/model.S ${assembly} COPYONLY)
    set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${arg_BLOB}
      COMPILE_DEFINITIONS TIDBIT_BLOB="${arg_BLOB}")
    target_sources(${name} PRIVATE ${assembly})
    set_target_properties(${name} PROPERTIES TIDBIT_BLOB ${arg_BLOB})
  endif()
endfunction()
