# Usage: cmake [-DCHECK=ON] -P runtime/kernels/isa/make_list.cmake
# Writes list.inc from the rows of list.cmake. With CHECK, only fails if list.inc is not up to date.
cmake_minimum_required(VERSION 3.20)
set(lists "")  # the parts of list.inc, row by row
set(files "")
set(rows "")

macro(tidbit_isa name)
  cmake_parse_arguments(isa "" "FOR;HAS;OPTION;XCR0" "ENABLE;OPTIONS;GNU_OPTIONS;FLAGS;CPUID" ${ARGN})
  string(TOUPPER ${name} upper)
  string(SUBSTRING ${upper} 0 1 table)
  string(REGEX REPLACE "^.(.*)$" "k${table}\\1Kernels" table ${name})
  set(needs "")  # fields of CpuNeeds
  if(isa_FLAGS)
    list(JOIN isa_FLAGS " | " isa_FLAGS)
    list(APPEND needs ".flags = ${isa_FLAGS}")
  endif()
  if(isa_CPUID)
    list(JOIN isa_CPUID "}, {" isa_CPUID)
    list(APPEND needs ".xcr0 = ${isa_XCR0}" ".cpuid = {{${isa_CPUID}}}")
  endif()
  set(certain "")
  if(NOT needs)
    set(certain "#define TIDBIT_KERNELS_FOR_EVERY_CPU\n")
  endif()
  string(JOIN " && " compiles ${isa_FOR} ${isa_HAS})
  set(built "defined(TIDBIT_FILE_${upper})")
  if(isa_ENABLE)
    string(APPEND built " || (${isa_FOR} && defined(TIDBIT_KERNELS_${upper}))")
  endif()
  string(JOIN ", " fields ${name} ${upper} ${table} ${needs})
  string(APPEND files "#if ${compiles}\n#define TIDBIT_FILE_${upper}\n#endif\n")
  string(APPEND rows "#if ${built}\n${certain}#define TIDBIT_ROW_${upper}(built, absent) built(${fields})\n"
    "#else\n#define TIDBIT_ROW_${upper}(built, absent) absent(${name}, ${upper})\n#endif\n")
  list(APPEND lists "TIDBIT_ROW_${upper}(built, absent)")
endmacro()
include(${CMAKE_CURRENT_LIST_DIR}/list.cmake)

list(JOIN lists " \\\n  " lists)
set(text "// Made by make_list.cmake from list.cmake.
#pragma once

#include \"base/features.h\"

// TIDBIT_FILE_<SET>: the options of this file allow the instructions of the set.
${files}
// TIDBIT_ISAS(built, absent) expands, for each set, to built(name, isa, table, fields of CpuNeeds) or, if the build
// leaves the set out, to absent(name, isa). TIDBIT_KERNELS_<SET> says that the set's own file was compiled with other
// options than this one. TIDBIT_KERNELS_FOR_EVERY_CPU: one of the sets needs nothing.
${rows}
#define TIDBIT_ISAS(built, absent) \\
  ${lists}
")
set(file ${CMAKE_CURRENT_LIST_DIR}/list.inc)
if(CHECK)
  file(READ ${file} found)
  if(NOT found STREQUAL text)
    message(FATAL_ERROR "list.inc is not what list.cmake says; run cmake -P ${CMAKE_CURRENT_LIST_FILE}")
  endif()
else()
  file(WRITE ${file} "${text}")
endif()
