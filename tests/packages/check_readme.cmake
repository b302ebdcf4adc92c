# Usage: cmake -DTREE=folder -DBAREMETAL=platforms/baremetal -DMODEL_DIR=folder -DIMAGE=... -DQEMU=... -DBOARD=...
#   -DPROGRAM=tidbit -P check_readme.cmake
# Checks that the command in the README of an unpacked release, with the example application as the sources, makes an
# image that works.
cmake_minimum_required(VERSION 3.25)
file(STRINGS ${TREE}/README.md command REGEX "^    .* YOUR_SOURCES .* -o program$")
set(board ${BAREMETAL}/startup.c ${BAREMETAL}/cortex_m.c ${BAREMETAL}/semihosting.c
  ${BAREMETAL}/semihosting_number.c -DTIDBIT_SECTION=.model -I${BAREMETAL} -nostartfiles
  -L${BAREMETAL}/boards -T${BAREMETAL}/boards/${BOARD}.ld)
set(sources ${BAREMETAL}/app/app.c ${BAREMETAL}/app/board_semihosting.c -I${MODEL_DIR} ${board})
separate_arguments(command UNIX_COMMAND "${command}")
list(TRANSFORM command REPLACE "^YOUR_SOURCES$" "${sources}")
list(TRANSFORM command REPLACE "\"model.tidbit\"" "\"${MODEL_DIR}/model.tidbit\"")
list(TRANSFORM command REPLACE "^program$" ${IMAGE})
execute_process(COMMAND ${command} WORKING_DIRECTORY ${TREE} COMMAND_ERROR_IS_FATAL ANY)

set(MODEL ${MODEL_DIR}/model.tidbit)
set(MOST_STACK 4096)
include(${CMAKE_CURRENT_LIST_DIR}/../baremetal/check_app.cmake)
