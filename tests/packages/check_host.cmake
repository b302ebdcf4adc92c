# Usage: cmake -DRELEASE=release.sh -DWORK=folder -P check_host.cmake
# Checks that the first command in the README of the host's package works right after unpacking.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${RELEASE} -o ${WORK} host COMMAND_ERROR_IS_FATAL ANY)
file(GLOB package ${WORK}/*-linux.tar.gz)
file(ARCHIVE_EXTRACT INPUT ${package} DESTINATION ${WORK})
string(REPLACE ".tar.gz" "" tree ${package})
file(STRINGS ${tree}/README.md commands REGEX "^    ")
list(GET commands 0 command)
execute_process(COMMAND sh -c "${command}" WORKING_DIRECTORY ${tree} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
if(NOT command MATCHES "^    ./tidbit run home.tidbit " OR NOT text MATCHES "^{\"device\":\"lamp\",.*}\n$")
  message(FATAL_ERROR "'${command}' printed '${text}'")
endif()
