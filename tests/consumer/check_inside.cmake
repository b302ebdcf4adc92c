# Usage: cmake -DBUILD=folder -DNM=nm -P check_inside.cmake
# Checks a build of the project inside: the program's self-tests pass, the library went where the project wants it,
# the shared library exports nothing of tidbit, and `cmake --install` installs nothing.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${BUILD}/program COMMAND_ERROR_IS_FATAL ANY)
if(NOT EXISTS ${BUILD}/archives/libtidbit.a)
  message(FATAL_ERROR "libtidbit.a is not in the project's folder for archives")
endif()
execute_process(COMMAND ${NM} -D --defined-only ${BUILD}/libplugin.so OUTPUT_VARIABLE exported
  COMMAND_ERROR_IS_FATAL ANY)
if(NOT exported MATCHES "plugin_test" OR exported MATCHES "tidbit")
  message(FATAL_ERROR "libplugin.so should export plugin_test, and nothing of tidbit; it exports\n${exported}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${BUILD}/installed COMMAND_ERROR_IS_FATAL ANY)
if(EXISTS ${BUILD}/installed)
  message(FATAL_ERROR "tidbit adds files to the project's installation")
endif()
