# Blobs of the test checkpoints, one for each weight format and KV cache format. The converter makes them on the build
# machine; cross builds use those.
set(TIDBIT_BLOB_DIR ${PROJECT_SOURCE_DIR}/build/host/blobs CACHE PATH "Converted checkpoints for tests")

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
      tidbit_blob(${name}-${weights} ${source} --weights ${weights} ${ARGN})
    endforeach()
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
  tidbit_blob(tiny-q8-16x16 ${TIDBIT_BLOB_DIR}/tiny.bin --weights q8x16 --tokenizer none)
  tidbit_blob(home-q8-16x16 ${PROJECT_SOURCE_DIR}/converter/samples/home_control/model --weights q8x16)
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
