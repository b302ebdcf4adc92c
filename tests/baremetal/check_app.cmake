# Usage: cmake -DQEMU=... -DBOARD=... -DIMAGE=app.elf -DPROGRAM=tidbit -DMODEL=model.tidbit
#   -DMOST_STACK=bytes -P check_app.cmake
# Checks that the application gives the same answer to each request as the program `tidbit`, serves the watchdog for
# each layer of each token, and uses no more stack than documented.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/image.cmake)

foreach(request "dim the kitchen lamp to thirty percent at half past six" "my speakers need to be off"
                "See to it, please: all the radiators off")
  execute_process(COMMAND ${PROGRAM} run ${MODEL} --temp 0 -p ${request} OUTPUT_VARIABLE expected
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  run_image(text ${IMAGE} ${request})
  if(NOT text MATCHES "^([^\n]*)\nwatchdog served: ([0-9]+)\nstack used: ([0-9]+)\n$")
    message(FATAL_ERROR "unexpected output of the application:\n${text}")
  endif()
  set(answer "${CMAKE_MATCH_1}")
  set(served ${CMAKE_MATCH_2})
  set(stack ${CMAKE_MATCH_3})
  if(NOT expected MATCHES "^{.*}" OR NOT answer STREQUAL expected)
    message(FATAL_ERROR "'${request}'\non ${BOARD}: ${answer}\non the host: ${expected}")
  endif()
  if(served LESS 80)  # 4 layers, and an answer has at least 20 tokens
    message(FATAL_ERROR "the watchdog was served only ${served} times, expected 80 or more")
  endif()
  if(stack GREATER ${MOST_STACK})
    message(FATAL_ERROR "the stack grew to ${stack} bytes, the limit is ${MOST_STACK}")
  endif()
  message("${answer}\n${stack} bytes of stack")
endforeach()
