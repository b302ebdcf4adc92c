# Usage: cmake -DQEMU=... -DBOARD=... -DIMAGE=... -P run_image.cmake
# The image judges by itself: it must print something and end with 0.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/image.cmake)
run_image(text ${IMAGE} "")
if(text STREQUAL "")
  message(FATAL_ERROR "${IMAGE} printed nothing")
endif()
message("${text}")
