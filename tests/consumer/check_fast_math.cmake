# Usage: cmake -DCXX=compiler -DCLANG=ON|OFF [-DNEW_CLANG=compiler] -DRUNTIME=runtime -P check_fast_math.cmake
# Checks that files with arithmetic do not compile if options that change bits come last, and that the error says so.
# Clang does not tell a file about some of them; from version 18 on they must have no effect.
cmake_minimum_required(VERSION 3.25)
set(flags -ffast-math -Ofast -ffinite-math-only)
if(NOT CLANG)
  list(APPEND flags -funsafe-math-optimizations -freciprocal-math -fno-signed-zeros)
endif()
set(sources kernels/isa/scalar.cpp model/attention.cpp generate/logprob.cpp generate/sample.cpp)
foreach(flag IN LISTS flags)
  foreach(source IN LISTS sources)
    execute_process(COMMAND ${CXX} -std=c++20 ${flag} -fsyntax-only -I${RUNTIME} -I${RUNTIME}/include
      ${RUNTIME}/${source} RESULT_VARIABLE code ERROR_VARIABLE errors)
    if(code EQUAL 0 OR NOT errors MATCHES "compile tidbit without -ffast-math")
      message(FATAL_ERROR "${source} with ${flag}: exit code ${code}\n${errors}")
    endif()
  endforeach()
endforeach()
foreach(source IN LISTS sources)
  execute_process(COMMAND ${CXX} -std=c++20 -ffast-math -fno-fast-math -fsyntax-only -I${RUNTIME} -I${RUNTIME}/include
    ${RUNTIME}/${source} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
if(NEW_CLANG)
  foreach(source IN LISTS sources)
    execute_process(COMMAND ${NEW_CLANG} -std=c++20 -O2 -funsafe-math-optimizations -freciprocal-math -S -emit-llvm -o -
      -I${RUNTIME} -I${RUNTIME}/include ${RUNTIME}/${source} OUTPUT_VARIABLE code COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCH "= f(add|sub|mul|div)[a-z ]* (reassoc|arcp|contract) [^\n]*" changed "${code}")
    if(changed)
      message(FATAL_ERROR "${source}: ${NEW_CLANG} may change the order of a sum: ${changed}")
    endif()
  endforeach()
endif()
