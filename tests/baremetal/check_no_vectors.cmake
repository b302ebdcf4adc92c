# Usage: cmake -DOBJDUMP=objdump -DARCHIVE=libtidbit.a -P check_no_vectors.cmake
# Fails where the archive uses a vector register of Helium: its float instructions flush subnormals (ARITHMETIC.md).
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${OBJDUMP} -d -m armv8.1-m.main --no-show-raw-insn ${ARCHIVE}
  OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
if(NOT listing MATCHES "vfma\\.f32")
  message(FATAL_ERROR "${ARCHIVE} has no vfma.f32: it was not read")
endif()
if(listing MATCHES "\n([^\n]*[ {,\t]q[0-7][^\n]*)")
  message(FATAL_ERROR "${ARCHIVE} uses vector registers:\n${CMAKE_MATCH_1}")
endif()
