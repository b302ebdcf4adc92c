# Usage: cmake -DQEMU=... -DBOARD=... -DIMAGE=... -DTABLE=hashes.txt -DROW=name -P check_hashes.cmake
# Checks that every line printed by the image begins with the row's hash.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/image.cmake)

file(STRINGS ${TABLE} row REGEX "^${ROW} ")
string(REPLACE "${ROW} " "" expected "${row}")
if(expected STREQUAL "")
  message(FATAL_ERROR "${TABLE} has no row ${ROW}")
endif()

run_image(text ${IMAGE} "")
string(STRIP "${text}" text)
string(REPLACE "\n" ";" lines "${text}")
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^${expected} ")
    message(FATAL_ERROR "${ROW} is ${expected}, but ${BOARD} printed:\n${text}")
  endif()
endforeach()
if(NOT lines)
  message(FATAL_ERROR "${IMAGE} printed nothing")
endif()
message("${text}")
