# Usage: cmake -DTREE=folder -DVERSION=version -P check_arduino.cmake
# Checks that library.properties has all fields required by Arduino's library specification, no unknown ones, and valid
# values; that the header named there exists, and an archive in the folder of a core; and that there is no source where
# Arduino would compile it.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/named_files.cmake)
set(required name version author maintainer sentence paragraph category url architectures)
set(documented ${required} depends dot_a_linkage includes precompiled ldflags)

set(found "")
file(STRINGS ${TREE}/library.properties lines)
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^([a-z_]+)=(.*)$" OR NOT CMAKE_MATCH_1 IN_LIST documented)
    message(FATAL_ERROR "library.properties has an unknown field: ${line}")
  endif()
  list(APPEND found ${CMAKE_MATCH_1})
  set(${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()
list(REMOVE_ITEM required ${found})
if(required OR NOT version STREQUAL VERSION OR NOT name STREQUAL "tidbit" OR NOT category STREQUAL "Data Processing"
   OR NOT precompiled STREQUAL "true")
  message(FATAL_ERROR "library.properties lacks the fields '${required}' or has wrong values:\n${lines}")
endif()
check_files(${TREE} LICENSE README.md src/${includes} examples/HomeControl/HomeControl.ino)

file(GLOB_RECURSE sources ${TREE}/src/*.c ${TREE}/src/*.cpp ${TREE}/src/*.S)
file(GLOB_RECURSE archives RELATIVE ${TREE}/src ${TREE}/src/*.a)
if(sources OR NOT archives)
  message(FATAL_ERROR "expected archives and no sources, found the sources '${sources}', the archives '${archives}'")
endif()
if("cortex-m7/fpv5-d16-hard/libtidbit.a" IN_LIST archives)  # Teensy 4 names its folder after the chip
  check_files(${TREE} src/imxrt1062/fpv5-d16-hard/libtidbit.a)
endif()
foreach(archive IN LISTS archives)
  if(NOT archive MATCHES "^(cortex-m[0-9a-z]+|imxrt1062)(/fpv[45](-sp)?-d16-(hard|softfp))?/libtidbit\\.a$")
    message(FATAL_ERROR "Arduino would not find ${archive}")
  endif()
endforeach()
