# Usage: cmake -DQEMU=... -DBOARD=... -DIMAGE=cost.elf -DPLUGIN=count_instructions.so -DWHAT=token -DTIMES=64
#   -DMOST=instructions -P check_cost.cmake
# Runs the work WHAT (see cost.cpp) TIMES times. Fails if one run takes more than MOST instructions. The start and the
# end of the image cancel out. Counts are the same in every run.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/image.cmake)

function(count out times)
  set(log ${IMAGE}.${WHAT}.log)
  run_image(text ${IMAGE} "${WHAT} ${times}" -plugin ${PLUGIN} -d plugin -D ${log})
  file(STRINGS ${log} line REGEX "^instructions [0-9]+$")
  string(REPLACE "instructions " "" instructions "${line}")
  set(${out} ${instructions} PARENT_SCOPE)
endfunction()

count(none 0)
count(all ${TIMES})
math(EXPR each "(${all} - ${none}) / ${TIMES}")
message("${WHAT} on ${BOARD}: ${each} instructions, at most ${MOST}")
if(NOT each GREATER 0 OR each GREATER MOST)
  message(FATAL_ERROR "${WHAT} takes ${each} instructions, the limit is ${MOST}")
endif()
