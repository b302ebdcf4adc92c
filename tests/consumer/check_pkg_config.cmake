# Usage: cmake -DPKG_CONFIG=pkg-config -DCC=compiler -DTREE=folder -DVERSION=version -DMODEL_DIR=folder
#   -P check_pkg_config.cmake
# Builds and runs the example with the options that pkg-config finds in an installed tree, wherever that tree is.
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE file ${TREE}/*/tidbit.pc)
cmake_path(GET file PARENT_PATH folder)
set(ENV{PKG_CONFIG_PATH} ${folder})
foreach(what modversion cflags libs)
  execute_process(COMMAND ${PKG_CONFIG} --${what} tidbit OUTPUT_VARIABLE ${what} OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(${what})
endforeach()
if(NOT modversion STREQUAL VERSION)
  message(FATAL_ERROR "tidbit.pc has the version ${modversion}")
endif()
file(GLOB_RECURSE model ${TREE}/*/model.S)
set(EXAMPLE ${MODEL_DIR}/pkg_config_example)
execute_process(COMMAND ${CC} -o ${EXAMPLE} ${CMAKE_CURRENT_LIST_DIR}/example.c ${model} -I${MODEL_DIR}
  -DTIDBIT_BLOB="${MODEL_DIR}/model.tidbit" ${cflags} ${libs} COMMAND_ERROR_IS_FATAL ANY)
include(${CMAKE_CURRENT_LIST_DIR}/check_output.cmake)
