# What the library is built to run. The default is everything; an application for one model leaves out what that model
# does not need, and tidbit_open refuses others with TIDBIT_ERR_UNSUPPORTED. The choices become compile definitions that
# format/features.h and text/tokenizer_features.h read. The project's tests want everything.
set(tidbit_features "")

# tidbit_feature(name FEATURE help word...): the option TIDBIT_<name>, a list of words, all of them by default. The words
# are in the order of the enumerators, which are the bits of the definition.
macro(tidbit_feature name help)
  set(TIDBIT_${name} "${ARGN}" CACHE STRING "${help}: some of ${ARGN}")
  tidbit_feature_bits(bits TIDBIT_${name} ${ARGN})
  list(APPEND tidbit_features TIDBIT_FEATURE_${name}=${bits})
endmacro()

function(tidbit_feature_bits out option)
  set(bits 0)
  foreach(word IN LISTS ${option})
    list(FIND ARGN "${word}" bit)
    if(bit EQUAL -1)
      list(JOIN ARGN ", " words)
      message(FATAL_ERROR "${option}: '${word}' is not one of ${words}")
    endif()
    math(EXPR bits "${bits} | (1 << ${bit})")
  endforeach()
  if(bits EQUAL 0 AND NOT option STREQUAL "TIDBIT_TOKENIZERS")
    message(FATAL_ERROR "${option} is empty: no model would run")
  endif()
  set(${out} ${bits} PARENT_SCOPE)
endfunction()

tidbit_feature(WEIGHTS "Formats of weight matrices" f32 f16 q8 q4 q8x16)
tidbit_feature(KV_FORMATS "Formats of the KV cache" f32 f16 q8)
tidbit_feature(NORMS "Normalisations" layer rms)
tidbit_feature(ACTIVATIONS "Activations" relu gelu_erf gelu_tanh silu)
tidbit_feature(TOKENIZERS "Tokenizers (may be empty)" sentencepiece byte_level character)

option(TIDBIT_STATUS_STRINGS "Sentences for statuses; without them tidbit_status_string gives empty strings" ON)
option(TIDBIT_SCALAR_KERNELS "Kernels for every CPU; may be OFF where the target has others that need no question" ON)
set(tidbit_hosted ON)
if(CMAKE_SYSTEM_NAME STREQUAL "Generic")
  set(tidbit_hosted OFF)
endif()
option(TIDBIT_OBSERVE "The hook that sees the vectors of each layer (tidbit_options.observe)" ${tidbit_hosted})
foreach(name STATUS_STRINGS SCALAR_KERNELS OBSERVE)
  list(APPEND tidbit_features TIDBIT_FEATURE_${name}=$<BOOL:${TIDBIT_${name}}>)
endforeach()
if("q8x16" IN_LIST TIDBIT_WEIGHTS)
  target_sources(${tidbit_library} PRIVATE kernels/tile16x16.cpp)
endif()
if(TIDBIT_SCALAR_KERNELS)
  target_sources(${tidbit_library} PRIVATE kernels/scalar.cpp)
elseif(NOT tidbit_kernels_of_target)
  message(FATAL_ERROR "TIDBIT_SCALAR_KERNELS=OFF: this target has no other kernels that surely run "
    "(64-bit Arm, WebAssembly with SIMD128, and Cortex-M with the DSP extension and an FPU do)")
endif()
