# Usage: cmake -DVERSION=version -DHEADER=tidbit.h -P check_version.cmake
# Checks that the header has the project's version.
cmake_minimum_required(VERSION 3.25)
set(found "")
foreach(part MAJOR MINOR PATCH)
  file(STRINGS ${HEADER} line REGEX "^#define TIDBIT_VERSION_${part} ")
  string(REGEX REPLACE ".* " "" number "${line}")
  list(APPEND found ${number})
endforeach()
list(JOIN found "." found)
if(NOT found STREQUAL VERSION)
  message(FATAL_ERROR "the project's version is ${VERSION}, but ${HEADER} has ${found}")
endif()
