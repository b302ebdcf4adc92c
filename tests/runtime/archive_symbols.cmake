# Usage: cmake -DNM=nm -DARCHIVE=libtidbit.a [-DONE_CPU=ON] -P archive_symbols.cmake
# Fails on
# - a symbol that the archive wants from outside: heap, stdio, exceptions, libm, guards of statics;
# - memory that changes, static constructors, and weak definitions unless all files are compiled for ONE_CPU;
# - code shared by a file compiled for an instruction set: each exports one global symbol, its table of kernels.
cmake_minimum_required(VERSION 3.25)
set(allowed memcpy memmove memset memcmp _GLOBAL_OFFSET_TABLE_ __stack_pointer)  # the last two are the linker's
set(allowed_helpers "^__(aeabi_[dfilu][a-z0-9]*|gnu_thumb1_case_[a-z]+)$")  # of the compiler, for what the core lacks

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
    if(kind MATCHES "^[uBbC]$" OR (kind MATCHES "^[WV]$" AND NOT ONE_CPU))
      list(APPEND bad "${symbol} (${kind}: weak, or memory that changes)")
    elseif(symbol MATCHES "_GLOBAL__sub_I|__cxx_global_var_init")
      list(APPEND bad "${symbol} (static constructor)")
    elseif(object MATCHES "^(avx2|avx512vnni|neon|dotprod|i8mm|dsp|neon32|simd128|helium)\\.cpp" AND kind MATCHES "[A-Z]"
           AND NOT symbol MATCHES "k[A-Za-z0-9]+KernelsE$")
      list(APPEND bad "${symbol} (exported by ${object})")
    endif()
  endif()
endforeach()
foreach(symbol IN LISTS wanted)
  if(NOT symbol IN_LIST defined AND NOT symbol IN_LIST allowed AND NOT symbol MATCHES "${allowed_helpers}")
    list(APPEND bad "${symbol} (wanted from outside)")
  endif()
endforeach()

list(LENGTH defined count)
if(count LESS 20)
  message(FATAL_ERROR "only ${count} symbols in ${ARCHIVE}: the archive was not read")
endif()
if(bad)
  list(REMOVE_DUPLICATES bad)
  list(JOIN bad "\n  " text)
  message(FATAL_ERROR "${ARCHIVE} must not contain or want:\n  ${text}")
endif()
message(STATUS "${count} symbols, none of them foreign")
