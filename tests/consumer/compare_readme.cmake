# Fails unless the C program in README equals the file EXAMPLE, byte for byte.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/readme_block.cmake)
readme_block(${README} example.c block)
file(READ ${EXAMPLE} example)
if(NOT block STREQUAL example)
  message(FATAL_ERROR "the example in ${README} differs from ${EXAMPLE}; copy the file into the block")
endif()
