# Usage: cmake -DQEMU=... -DBOARD=... -DIMAGE=... -DPROGRAM=tidbit -DMODEL=model.tidbit -P check_sketch.cmake
# Checks that the sketch prints one line, the same answer as the program `tidbit`.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/../baremetal/image.cmake)
set(request "my speakers need to be off")
execute_process(COMMAND ${PROGRAM} run ${MODEL} --temp 0 -p ${request} OUTPUT_VARIABLE expected
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
run_image(text ${IMAGE} ${request})
if(NOT expected MATCHES "^{.*}" OR NOT text STREQUAL "${expected}\n")
  message(FATAL_ERROR "the sketch printed '${text}', but the host printed '${expected}'")
endif()
message("${text}")
