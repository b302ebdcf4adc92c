# Usage: cmake -DINCLUDE=folder "-DC=compiler;..." "-DCXX=compiler;..." -DWORK=folder -P check_header.cmake
# Fails if the public header has a warning in any standard of C or C++ that an application may use.
cmake_minimum_required(VERSION 3.25)
set(warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror)
set(standards_C c99 c11 c17)
set(options_C -Wstrict-prototypes -Wmissing-prototypes)
set(standards_CXX c++11 c++14 c++17 c++20)
set(options_CXX -Wold-style-cast -fno-exceptions -fno-rtti)
set(source_C ${WORK}/header.c)
set(source_CXX ${WORK}/header.cpp)

foreach(language C CXX)
  file(WRITE ${source_${language}} "#include <tidbit/tidbit.h>\n")
  foreach(compiler IN LISTS ${language})
    foreach(standard IN LISTS standards_${language})
      execute_process(COMMAND ${compiler} -std=${standard} ${warnings} ${options_${language}} -I${INCLUDE}
        -fsyntax-only ${source_${language}} RESULT_VARIABLE code ERROR_VARIABLE text)
      if(NOT code EQUAL 0)
        message(FATAL_ERROR "${compiler} -std=${standard}:\n${text}")
      endif()
      message("${compiler} -std=${standard}")
    endforeach()
  endforeach()
endforeach()
