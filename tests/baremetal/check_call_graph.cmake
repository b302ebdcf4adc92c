# Usage: cmake -DTOOL=call_graph -DOBJDUMP=objdump -DARCHIVE=libtidbit.a -DOBJECTS=folder -DCLAIM=depth
#   -P check_call_graph.cmake
# Checks a claim about the archive's call graph, which GCC wrote next to the object files (-fcallgraph-info=su): no path
# needs 2 KB of stack (depth), no recursion (recursion), no frame of variable size (frames). See call_graph.cpp.
cmake_minimum_required(VERSION 3.25)
set(most 2048)
set(outside 64)  # more than memcpy, memset, memmove, memcmp or a compiler helper needs, including its callees

file(GLOB_RECURSE graphs ${OBJECTS}/*.ci)
set(relocations ${ARCHIVE}.${CLAIM}.relocations)
execute_process(COMMAND ${OBJDUMP} -r ${ARCHIVE} OUTPUT_FILE ${relocations} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${TOOL} ${CLAIM} ${most} ${outside} ${relocations} ${graphs}
  OUTPUT_VARIABLE text RESULT_VARIABLE code)
message("${text}")
if(NOT code EQUAL 0)
  message(FATAL_ERROR "the claim '${CLAIM}' does not hold, see above")
endif()
