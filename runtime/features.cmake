# Which kinds of models the library can run. The default is all of them, which the project's tests require. An
# application for one model can leave out what that model does not use; tidbit_open then refuses other models with
# TIDBIT_ERR_UNSUPPORTED. The choices become compile definitions, read by base/features.h and
# text/tokenizer_features.h.
set(tidbit_features "")

# tidbit_feature(NAME help word...) defines the option TIDBIT_<NAME>: a list of words, all of them by default. The words
# must be in the order of the C++ enumerators: word i sets bit i of the compile definition TIDBIT_FEATURE_<NAME>.
# Example: TIDBIT_WEIGHTS="q8;q4" gives TIDBIT_FEATURE_WEIGHTS=12.
macro(tidbit_feature name help)
  # Before CMake 3.21, set(CACHE) discards a variable of the project that adds this folder.
  if(NOT DEFINED TIDBIT_${name} OR "${TIDBIT_${name}}" STREQUAL "$CACHE{TIDBIT_${name}}")
    set(TIDBIT_${name} "${ARGN}" CACHE STRING "${help}: some of ${ARGN}")
  endif()
  tidbit_feature_bits(bits TIDBIT_${name} ${ARGN})
  list(APPEND tidbit_features TIDBIT_FEATURE_${name}=${bits})
  set_property(GLOBAL PROPERTY TIDBIT_WORDS_${name} "${ARGN}")
endmacro()

function(tidbit_feature_bits out option)
  set(bits 0)
  foreach(word IN LISTS ${option})
    list(FIND ARGN "${word}" bit)
    if(bit EQUAL -1)
      list(JOIN ARGN ", " words)
      message(FATAL_ERROR "${option}: unknown value '${word}', use any of ${words}")
    endif()
    math(EXPR bits "${bits} | (1 << ${bit})")
  endforeach()
  if(bits EQUAL 0 AND NOT option MATCHES "^TIDBIT_(LAYER_PARTS|TOKENIZERS)$")
    message(FATAL_ERROR "${option} is empty, so no model could run; name at least one value")
  endif()
  set(${out} ${bits} PARENT_SCOPE)
endfunction()

# The words are the rows of format/formats.h, in its order.
file(READ ${CMAKE_CURRENT_LIST_DIR}/format/formats.h tidbit_formats)
string(REGEX MATCH "using Formats = FormatList<([^>]*)>" tidbit_formats "${tidbit_formats}")
string(TOLOWER "${CMAKE_MATCH_1}" tidbit_formats)
string(REPLACE ", " ";" tidbit_formats "${tidbit_formats}")

tidbit_feature(WEIGHTS "Weight formats" ${tidbit_formats})
tidbit_feature(KV_FORMATS "KV cache formats" f32 f16 q8)
tidbit_feature(NORMS "Normalizations" layer rms layer_weightless rms_weightless)
tidbit_feature(ACTIVATIONS "Activation functions" relu gelu_erf gelu_tanh silu relu_squared xielu clamped_silu)
tidbit_feature(LAYER_PARTS "What models may have beyond Llama and GPT-2 (may be empty)" window rotary_tables qk_norm soft_cap alibi sinks qkv_clip out_norm projection_norm parallel residual_scale embedding_norm experts short_convolution shared_kv encoder)
tidbit_feature(TOKENIZERS "Tokenizers (may be empty)" sentencepiece byte_level character plain unigram word_bpe)

option(TIDBIT_STATUS_STRINGS "Texts for status codes and names (if OFF, they are empty strings)" ON)
option(TIDBIT_SCALAR_KERNELS "Portable kernels (may be OFF if the target is certain to run its vector kernels)" ON)
include(${CMAKE_CURRENT_LIST_DIR}/hosted.cmake)
option(TIDBIT_INSPECT "For use at a desk: tidbit_describe, and the hook that sees the vectors of each layer"
  ${tidbit_hosted})
option(TIDBIT_SPLIT_PROGRAM "Tokenizers that split text by a program: all but GPT-2's, Qwen2's, Llama 3's, SentencePiece's" ON)
option(TIDBIT_NORMALIZER "Tokenizers that normalize text (NFC, lower case, ...), and added tokens that heed the text around them" ON)
option(TIDBIT_HADAMARD "Matrices whose inputs are transformed: q2 to q6 as tidbit-convert makes them by default" ON)
option(TIDBIT_TRUST "Signed blobs and updates: tidbit_verify_signature, tidbit_ed25519, tidbit_open_newest" ON)
option(TIDBIT_CHAT "Conversations: tidbit_chat_turn and the functions beside it" ON)
option(TIDBIT_LOGPROB "Log-probabilities: tidbit_logprob" ON)
option(TIDBIT_GRAMMAR "Answers of a fixed form: tidbit_grammar_mask and the functions beside it" ON)
foreach(name STATUS_STRINGS SCALAR_KERNELS INSPECT SPLIT_PROGRAM NORMALIZER HADAMARD TRUST CHAT)
  list(APPEND tidbit_features TIDBIT_FEATURE_${name}=$<BOOL:${TIDBIT_${name}}>)
endforeach()
