# Usage: cmake -DTOOL=call_graph -DOBJDUMP=objdump -DARCHIVE=libtidbit.a -DOBJECTS=folder -DCLAIM=depth
#   -P check_call_graph.cmake
# Fails where the archive's call graph, which gcc wrote beside the objects (-fcallgraph-info=su), is not as CLAIM says
# (call_graph.cpp): no path of 2 KB of stack, no recursion, no frame whose size is known at run time only.
cmake_minimum_required(VERSION 3.25)
set(most 2048)
set(outside 64)  # more than memcpy, memset, memmove, memcmp or a helper of the compiler takes with its callees

file(GLOB_RECURSE graphs ${OBJECTS}/*.ci)
set(relocations ${ARCHIVE}.${CLAIM}.relocations)
execute_process(COMMAND ${OBJDUMP} -r ${ARCHIVE} OUTPUT_FILE ${relocations} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${TOOL} ${CLAIM} ${most} ${outside} ${relocations} ${graphs}
  OUTPUT_VARIABLE text RESULT_VARIABLE code)
message("${text}")
if(NOT code EQUAL 0)
  message(FATAL_ERROR "not so: ${CLAIM}")
endif()
