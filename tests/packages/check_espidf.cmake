# Usage: cmake -DTREE=folder -DVERSION=version -P check_espidf.cmake
# Checks that the component's manifest has only documented keys, this version and a license, and that Kconfig names
# existing files.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/named_files.cmake)
set(documented version maintainers description license url repository documentation issues discussion examples tags
  files targets dependencies)

file(STRINGS ${TREE}/idf_component.yml lines)
foreach(line IN LISTS lines)
  if(line MATCHES "^([a-z_]+):" AND NOT CMAKE_MATCH_1 IN_LIST documented)
    message(FATAL_ERROR "idf_component.yml has an unknown key: ${CMAKE_MATCH_1}")
  endif()
endforeach()
foreach(needed "version: \"${VERSION}\"" "license: MIT")
  if(NOT needed IN_LIST lines)
    message(FATAL_ERROR "'${needed}' is not in idf_component.yml:\n${lines}")
  endif()
endforeach()
check_kconfig_sources(${TREE}/Kconfig)
check_files(${TREE} LICENSE README.md CMakeLists.txt)
