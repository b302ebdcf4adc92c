# Sets the variables that menuconfig would set: CONFIG_<symbol> is y for each symbol of Kconfig.features in TIDBIT_TREE,
# but empty for those in `without`.
set(TIDBIT_TREE "" CACHE PATH "Tree of the package")

file(STRINGS ${TIDBIT_TREE}/Kconfig.features symbols REGEX "^config ")
list(TRANSFORM symbols REPLACE "^config " "")
foreach(symbol IN LISTS symbols)
  set(CONFIG_${symbol} y)
endforeach()
foreach(symbol IN LISTS without)
  if(NOT symbol IN_LIST symbols)
    message(FATAL_ERROR "Kconfig.features has no ${symbol}")
  endif()
  set(CONFIG_${symbol} "")
endforeach()

# The bits of all weight formats.
set(weights ${symbols})
list(FILTER weights INCLUDE REGEX "^TIDBIT_WEIGHTS_")
list(LENGTH weights count)
math(EXPR all_weights "(1 << ${count}) - 1")

# expect_definitions(definition...) fails unless the library is compiled with these definitions.
function(expect_definitions)
  get_target_property(definitions tidbit COMPILE_DEFINITIONS)
  foreach(definition IN LISTS ARGN)
    if(NOT definitions MATCHES "(^|[:;])${definition}(;|>|$)")
      message(FATAL_ERROR "the library is compiled without ${definition}; it has ${definitions}")
    endif()
  endforeach()
endfunction()
