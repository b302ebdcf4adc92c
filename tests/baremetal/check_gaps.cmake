# Usage: cmake -DQEMU=... -DBOARD=... -DIMAGE=gaps.elf -DPLUGIN=count_instructions.so -DNM=nm -DCORE=m4f -DMOST=...
#   -P check_gaps.cmake
# Prints a row of a Markdown table: the most instructions between two calls of the poll hook, by what is computed (see
# gaps.cpp). Fails if one exceeds its limit in MOST, which is in the same order.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/image.cmake)

set(columns prefill logits next sampled tokenize verify hash)
separate_arguments(MOST)

execute_process(COMMAND ${NM} --defined-only ${IMAGE} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
if(NOT symbols MATCHES "([0-9a-f]+) T poll_mark\n")
  message(FATAL_ERROR "${IMAGE} has no function poll_mark")
endif()
set(mark ${CMAKE_MATCH_1})

set(head "| core |")
set(rule "|---|")
set(row "| ${CORE} |")
set(exceeded "")
foreach(what most IN ZIP_LISTS columns MOST)
  set(log ${IMAGE}.${what}.log)
  run_image(text ${IMAGE} ${what} -plugin ${PLUGIN},gaps=${mark} -d plugin -D ${log})
  file(STRINGS ${log} gap REGEX "^longest gap [0-9]+$")
  string(REPLACE "longest gap " "" gap "${gap}")
  string(APPEND head " ${what} |")
  string(APPEND rule "---|")
  string(APPEND row " ${gap} |")
  if(NOT gap GREATER 0 OR gap GREATER "${most}")
    string(APPEND exceeded " ${what} has ${gap}, the limit is ${most};")
  endif()
endforeach()
message("${head}\n${rule}\n${row}")
if(exceeded)
  message(FATAL_ERROR "too many instructions between two calls of the poll hook:${exceeded}")
endif()
