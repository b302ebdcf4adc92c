# Usage: cmake -P tests/layers.cmake
# Fails where a file includes one of a layer that is not below its own. The build runs it (CMakeLists.txt).
cmake_minimum_required(VERSION 3.25)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

# Folder, and the folders that its files may include beside it. `tidbit` is the public header.
set(layers
  "runtime/base:tidbit"
  "runtime/format:base tidbit"
  "runtime/kernels:base format tidbit"
  "runtime/text:base format tidbit"
  "runtime/open:base format text tidbit"
  "runtime/trust:base format tidbit"
  "runtime/model:base format kernels tidbit"
  "runtime/generate:base format kernels tidbit"
  "quant:base format"
  "converter:base format tidbit quant text"
  "platforms:tidbit cli posix")

set(wrong "")
foreach(layer IN LISTS layers)
  string(REGEX MATCH "^([^:]+):(.*)$" layer "${layer}")
  set(folder ${CMAKE_MATCH_1})
  string(REPLACE " " ";" allowed "${CMAKE_MATCH_2}")
  get_filename_component(name ${folder} NAME)
  file(GLOB_RECURSE files ${root}/${folder}/*.h ${root}/${folder}/*.cpp)
  foreach(file IN LISTS files)
    file(STRINGS ${file} includes REGEX "^#include \"[a-z_0-9]+/")
    foreach(include IN LISTS includes)
      string(REGEX REPLACE "^#include \"([a-z_0-9]+)/.*" "\\1" from "${include}")
      if(NOT from STREQUAL name AND NOT from IN_LIST allowed)
        file(RELATIVE_PATH path ${root} ${file})
        string(APPEND wrong "\n  ${path}: ${include}")
      endif()
    endforeach()
  endforeach()
endforeach()
if(wrong)
  message(FATAL_ERROR "includes that point the wrong way (layers are in tests/layers.cmake):${wrong}")
endif()
