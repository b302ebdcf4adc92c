# Converts the checkpoint TIDBIT_SAMPLE and plans its memory, with the programs in TIDBIT_PROGRAMS. Sets `model` to the
# sources to add to a program. The plan's header is in the binary folder.
set(TIDBIT_SAMPLE "" CACHE PATH "Checkpoint that becomes the program's model")

set(folder ${CMAKE_CURRENT_BINARY_DIR})
add_custom_command(OUTPUT model.tidbit model_plan.h
  COMMAND ${TIDBIT_PROGRAMS}/tidbit-convert ${TIDBIT_SAMPLE} -o model.tidbit
  COMMAND ${TIDBIT_PROGRAMS}/tidbit plan model.tidbit --header model_plan.h
  DEPENDS ${TIDBIT_PROGRAMS}/tidbit-convert ${TIDBIT_PROGRAMS}/tidbit)
set(model ${CMAKE_CURRENT_LIST_DIR}/model.S ${folder}/model_plan.h)
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/model.S PROPERTIES OBJECT_DEPENDS ${folder}/model.tidbit
  INCLUDE_DIRECTORIES ${folder} COMPILE_OPTIONS -Wa,-I${folder})
