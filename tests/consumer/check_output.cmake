# Runs the command EXAMPLE. Fails unless it prints a text and exits with 0.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${EXAMPLE} OUTPUT_VARIABLE text RESULT_VARIABLE code)
if(NOT code EQUAL 0 OR text STREQUAL "")
  message(FATAL_ERROR "the example exited with ${code} and printed '${text}'")
endif()
message("${text}")
