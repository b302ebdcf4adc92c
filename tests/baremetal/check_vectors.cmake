# Usage: cmake -DOBJDUMP=objdump -DARCHIVE=libtidbit.a -P check_vectors.cmake
# Fails if the archive uses Helium vector registers outside helium.cpp, because Helium's float instructions flush
# subnormals (ARITHMETIC.md).
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${OBJDUMP} -d -m armv8.1-m.main --no-show-raw-insn ${ARCHIVE}
  OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
if(NOT listing MATCHES "vfma\\.f32")
  message(FATAL_ERROR "found no vfma.f32 in ${ARCHIVE}; objdump did not read it")
endif()

string(FIND "${listing}" "\nhelium.cpp.obj:" begin)
if(begin EQUAL -1)
  message(FATAL_ERROR "${ARCHIVE} has no helium.cpp.obj")
endif()
string(SUBSTRING "${listing}" 0 ${begin} others)
math(EXPR begin "${begin} + 1")
string(SUBSTRING "${listing}" ${begin} -1 rest)
if(rest MATCHES "\n[a-z0-9_]+\\.cpp\\.obj:")
  string(FIND "${rest}" "${CMAKE_MATCH_0}" next)
  string(SUBSTRING "${rest}" ${next} -1 rest)
  string(APPEND others "${rest}")
endif()

if(others MATCHES "\n([^\n]*[ {,\t]q[0-7][^\n]*)")
  message(FATAL_ERROR "${ARCHIVE} uses vector registers outside helium.cpp:\n${CMAKE_MATCH_1}")
endif()
