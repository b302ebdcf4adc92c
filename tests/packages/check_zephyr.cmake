# Usage: cmake -DTREE=folder -P check_zephyr.cmake
# Checks that zephyr/module.yml has only keys of Zephyr's schema, and that the files named by it and by Kconfig exist.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/named_files.cmake)
set(documented name build cmake kconfig cmake-ext kconfig-ext depends settings tests samples boards blobs)

file(STRINGS ${TREE}/zephyr/module.yml lines)
foreach(line IN LISTS lines)
  if(line MATCHES "^  - (.+)$")
    set(value_samples ${CMAKE_MATCH_1})
  elseif(NOT line MATCHES "^ *([a-z-]+):( (.+))?$" OR NOT CMAKE_MATCH_1 IN_LIST documented)
    message(FATAL_ERROR "module.yml has an unknown line: ${line}")
  else()
    set(value_${CMAKE_MATCH_1} "${CMAKE_MATCH_3}")
  endif()
endforeach()
if(NOT value_name STREQUAL "tidbit")
  message(FATAL_ERROR "the module's name should be 'tidbit', not '${value_name}'")
endif()
check_files(${TREE} ${value_cmake}/CMakeLists.txt ${value_kconfig} LICENSE README.md
  ${value_samples}/home_control/sample.yaml ${value_samples}/home_control/prj.conf)
check_kconfig_sources(${TREE}/${value_kconfig})
