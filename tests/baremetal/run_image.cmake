# Usage: cmake -DQEMU=... -DBOARD=... -DIMAGE=... -P run_image.cmake
# Runs an image that checks its own results. It must print something and exit with 0.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/image.cmake)
run_image(text ${IMAGE} "")
if(text STREQUAL "")
  message(FATAL_ERROR "${IMAGE} printed nothing")
endif()
message("${text}")
