# Blobs of the test checkpoints, one for each weight format and KV cache format. The converter makes them on the build
# machine; cross builds use those.
set(TIDBIT_BLOB_DIR ${PROJECT_SOURCE_DIR}/build/host/blobs CACHE PATH "Converted checkpoints for tests")

# Goldens of tests/families that together have every part that a layer can have, and the formats of their blobs.
set(TIDBIT_PART_MODELS gemma2:q8:q8 gemma3:q8:f16 lfm2:f16:f16 bloom:q8:f16 gpt_oss:q4:f16 qwen2_moe:q8:f16
  nanochat:q8:f16 stablelm:q8:f16 stablelm-parallel:q8:f16 olmo:q8:f16 olmo2:f32:f32 bitnet:q4:f16 apertus:q8:f16
  falcon-new:q8:q8 granite:q8:f16 phi:q8:f16 cohere2:q8:q8 falcon-alibi-slopes:q8:f16)
set(TIDBIT_ENCODER_MODELS bert:q8:q8 distilbert:f16:f16 roberta:f32:f32)

if(TIDBIT_BUILD_CONVERTER)
  set(TIDBIT_BLOB_DIR ${PROJECT_BINARY_DIR}/blobs)
  file(MAKE_DIRECTORY ${TIDBIT_BLOB_DIR})
  set(blobs "")
  function(tidbit_blob name source)
    set(blob ${TIDBIT_BLOB_DIR}/${name}.tidbit)
    add_custom_command(OUTPUT ${blob}
      COMMAND tidbit-convert ${source} -o ${blob} ${ARGN}
      DEPENDS tidbit-convert ${source}
      COMMENT "Converting ${name}" VERBATIM)
    set(blobs ${blobs} ${blob} PARENT_SCOPE)
  endfunction()

  function(tidbit_blobs name source)
    foreach(weights f32 f16 q8 q4)
      tidbit_blob(${name}-${weights} ${source} --weights ${weights} --transform none ${ARGN})
    endforeach()
    tidbit_blob(${name}-q4-hadamard ${source} --weights q4 ${ARGN})
    tidbit_blob(${name}-q8-kvq8 ${source} --weights q8 --kv q8 ${ARGN})
    set(blobs ${blobs} PARENT_SCOPE)
  endfunction()

  tidbit_blobs(home ${PROJECT_SOURCE_DIR}/converter/samples/home_control/model)
  add_executable(tiny_checkpoint exactness/tiny_checkpoint.cpp)
  set_target_properties(tiny_checkpoint PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(tiny_checkpoint PRIVATE tidbit_flags)
  add_custom_command(OUTPUT ${TIDBIT_BLOB_DIR}/tiny.bin
    COMMAND tiny_checkpoint ${TIDBIT_BLOB_DIR}/tiny.bin DEPENDS tiny_checkpoint VERBATIM)
  tidbit_blobs(tiny ${TIDBIT_BLOB_DIR}/tiny.bin --tokenizer none)
  foreach(weights q2 q3 q5 q6)
    tidbit_blob(tiny-${weights} ${TIDBIT_BLOB_DIR}/tiny.bin --weights ${weights} --transform none --tokenizer none)
  endforeach()
  foreach(weights ternary binary)
    tidbit_blob(tiny-${weights} ${TIDBIT_BLOB_DIR}/tiny.bin --weights ${weights} --embeddings ${weights}
      --tokenizer none)
  endforeach()
  tidbit_blob(tiny-q8-16x16 ${TIDBIT_BLOB_DIR}/tiny.bin --weights q8x16 --tokenizer none)
  tidbit_blob(home-q8-16x16 ${PROJECT_SOURCE_DIR}/converter/samples/home_control/model --weights q8x16)
  # One after another in parts.bin, for firmware images.
  set(parts "")
  foreach(model IN LISTS TIDBIT_PART_MODELS TIDBIT_ENCODER_MODELS)
    string(REPLACE ":" ";" words ${model})
    list(GET words 0 name)
    list(GET words 1 weights)
    list(GET words 2 kv)
    tidbit_blob(part-${name} ${PROJECT_SOURCE_DIR}/tests/families/goldens/${name} --weights ${weights} --kv ${kv}
      --transform none --tokenizer none)
    list(APPEND parts ${TIDBIT_BLOB_DIR}/part-${name}.tidbit)
  endforeach()
  add_custom_command(OUTPUT ${TIDBIT_BLOB_DIR}/parts.bin
    COMMAND ${CMAKE_COMMAND} -E cat ${parts} > ${TIDBIT_BLOB_DIR}/parts.bin DEPENDS ${parts} VERBATIM)
  list(APPEND blobs ${TIDBIT_BLOB_DIR}/parts.bin)
  set(stories ${TIDBIT_DATA_DIR}/stories260K)
  if(EXISTS ${stories}/stories260K.bin)
    tidbit_blobs(stories ${stories}/stories260K.bin --tokenizer ${stories}/tok512.bin)
    tidbit_blob(stories-q8-16x16 ${stories}/stories260K.bin --weights q8x16 --tokenizer ${stories}/tok512.bin)
    foreach(dialect hf sharded)
      set(folder ${stories}/stories260K-f32)
      if(dialect STREQUAL sharded)
        set(folder ${folder}-sharded)
      endif()
      tidbit_blob(stories-${dialect} ${folder} --weights f32 --tokenizer ${stories}/tok512.model)
    endforeach()
  endif()
  add_custom_target(blobs ALL DEPENDS ${blobs})
endif()
