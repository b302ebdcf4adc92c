# Usage: cmake -DQEMU=... -DBOARD=... -DIMAGE=app.elf -DPROGRAM=tidbit -DMODEL=model.tidbit
#   -DMOST_STACK=bytes -P check_app.cmake
# The application's answer to each request is that of the program `tidbit`, and it serves its watchdog for each layer of
# each token and takes no more stack than is documented.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/image.cmake)

foreach(request "dim the kitchen lamp to thirty percent at half past six" "my speakers need to be off"
                "See to it, please: all the radiators off")
  execute_process(COMMAND ${PROGRAM} run ${MODEL} --temp 0 -p ${request} OUTPUT_VARIABLE expected
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  run_image(text ${IMAGE} ${request})
  if(NOT text MATCHES "^([^\n]*)\nwatchdog served: ([0-9]+)\nstack used: ([0-9]+)\n$")
    message(FATAL_ERROR "the application printed:\n${text}")
  endif()
  set(answer "${CMAKE_MATCH_1}")
  set(served ${CMAKE_MATCH_2})
  set(stack ${CMAKE_MATCH_3})
  if(NOT expected MATCHES "^{.*}" OR NOT answer STREQUAL expected)
    message(FATAL_ERROR "'${request}'\non ${BOARD}: ${answer}\non the host: ${expected}")
  endif()
  if(served LESS 80)  # 4 layers, and an answer has 20 tokens at least
    message(FATAL_ERROR "the watchdog was served ${served} times only")
  endif()
  if(stack GREATER ${MOST_STACK})
    message(FATAL_ERROR "the stack grew to ${stack} bytes, more than ${MOST_STACK}")
  endif()
  message("${answer}\n${stack} bytes of stack")
endforeach()
