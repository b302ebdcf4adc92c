# Usage: cmake -DNM=nm -DARCHIVE=libtidbit.a "-DISAS=avx2;scalar" [-DONE_CPU=ON] -P archive_symbols.cmake
# Fails if the archive has
# - undefined symbols other than the allowed ones: heap, stdio, exceptions, libm, guards of static variables;
# - writable data, static constructors, or (unless all files are compiled for ONE_CPU) weak definitions;
# - a file for an instruction set that exports more than one symbol, its table of kernels, or none.
cmake_minimum_required(VERSION 3.25)
set(allowed memcpy memmove memset memcmp _GLOBAL_OFFSET_TABLE_ __stack_pointer)  # the linker defines the last two
set(allowed_helpers "^__(aeabi_[dfilu][a-z0-9]*|gnu_thumb1_case_[a-z]+|[a-z]+[sd][if]([sd][if])?[23]?)$")  # the compiler's, for what the core lacks

set(isa_files ${ISAS})
list(REMOVE_ITEM isa_files scalar)  # compiled for every CPU
list(JOIN isa_files "|" isa_pattern)
execute_process(COMMAND ${NM} ${ARCHIVE} OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" lines "${listing}")

set(defined "")
set(wanted "")
set(bad "")
foreach(line IN LISTS lines)
  if(line MATCHES "^(.*):$")
    set(object ${CMAKE_MATCH_1})
  elseif(line MATCHES "^ +[Uw] (.*)$")
    list(APPEND wanted ${CMAKE_MATCH_1})
  elseif(line MATCHES "^[0-9a-f]+ ([A-Za-z]) (.*)$")
    set(kind ${CMAKE_MATCH_1})
    set(symbol ${CMAKE_MATCH_2})
    list(APPEND defined ${symbol})
    if(isa_pattern AND symbol MATCHES "KernelsE$" AND object MATCHES "^(${isa_pattern})\\.cpp")
      list(REMOVE_ITEM isa_files ${CMAKE_MATCH_1})
    endif()
    if(kind MATCHES "^[uBbC]$" OR (kind MATCHES "^[WV]$" AND NOT ONE_CPU))
      list(APPEND bad "${symbol} (${kind}: weak, or writable data)")
    elseif(symbol MATCHES "_GLOBAL__sub_I|__cxx_global_var_init")
      list(APPEND bad "${symbol} (static constructor)")
    elseif(isa_pattern AND object MATCHES "^(${isa_pattern})\\.cpp" AND kind MATCHES "[A-Z]"
           AND NOT symbol MATCHES "k[A-Za-z0-9]+KernelsE$")
      list(APPEND bad "${symbol} (exported by ${object})")
    endif()
  endif()
endforeach()
foreach(symbol IN LISTS wanted)
  if(NOT symbol IN_LIST defined AND NOT symbol IN_LIST allowed AND NOT symbol MATCHES "${allowed_helpers}")
    list(APPEND bad "${symbol} (undefined)")
  endif()
endforeach()

if(isa_files)
  list(APPEND bad "${ISAS}: no table in the files of ${isa_files}")
endif()

list(LENGTH defined count)
if(count LESS 20)
  message(FATAL_ERROR "found only ${count} symbols in ${ARCHIVE}; nm did not read the archive")
endif()
if(bad)
  list(REMOVE_DUPLICATES bad)
  list(JOIN bad "\n  " text)
  message(FATAL_ERROR "${ARCHIVE} must not contain or need:\n  ${text}")
endif()
message(STATUS "${count} symbols, all allowed")
