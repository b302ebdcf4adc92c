# Usage: cmake -DNM=nm -DIMAGE=app.elf -P check_symbols.cmake
# Fails if the linked firmware contains a heap, stdio, an unwinder, static constructors or math functions of the C
# library.
cmake_minimum_required(VERSION 3.25)
set(forbidden
  "malloc|calloc|realloc|^_?free$|_sbrk|_Zn[wa]|_Zd[la]"
  "printf|puts|fwrite|fopen|_impure|__sf"
  "_Unwind|__cxa_|__gxx_|aeabi_unwind"
  "_GLOBAL__sub_I"
  "^(sqrt|fma|exp|tanh|erf|pow|rint|ldexp)f?$")

execute_process(COMMAND ${NM} ${IMAGE} OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${listing}")
set(bad "")
set(names "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "^.* " "" name "${line}")
  list(APPEND names ${name})
  foreach(pattern IN LISTS forbidden)
    if(name MATCHES "${pattern}")
      list(APPEND bad ${name})
    endif()
  endforeach()
endforeach()
foreach(needed tidbit_prefill reset_handler model_blob)
  if(NOT needed IN_LIST names)
    message(FATAL_ERROR "found no ${needed} in ${IMAGE}; nm did not read its symbols")
  endif()
endforeach()
if(bad)
  list(JOIN bad "\n  " text)
  message(FATAL_ERROR "${IMAGE} must not contain:\n  ${text}")
endif()
