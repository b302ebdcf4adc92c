set(TIDBIT_MODEL_SOURCE ${CMAKE_CURRENT_LIST_DIR}/model.S)

# tidbit_add_model(name model.tidbit) adds the blob to an image as model_blob, in the section TIDBIT_MODEL_SECTION if it
# is set. The blob may be the output of another rule of the same directory.
function(tidbit_add_model name blob)
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${name}-model.S)
  configure_file(${TIDBIT_MODEL_SOURCE} ${assembly} COPYONLY)
  set(definitions TIDBIT_BLOB="${blob}")
  if(TIDBIT_MODEL_SECTION)
    list(APPEND definitions TIDBIT_MODEL_SECTION=${TIDBIT_MODEL_SECTION})
  endif()
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${blob} COMPILE_DEFINITIONS "${definitions}")
  target_sources(${name} PRIVATE ${assembly})
  set_target_properties(${name} PROPERTIES TIDBIT_BLOB ${blob})
endfunction()
