# The example application of the packages. TIDBIT_MODEL is a folder with the model and the plan of its memory, made by:
#   tidbit-convert CHECKPOINT -o model.tidbit --weights q4 --kv q8
#   tidbit plan model.tidbit --context 96 --chunk 8 --header model_plan.h
set(TIDBIT_MODEL "$ENV{TIDBIT_MODEL}" CACHE PATH "Folder with model.tidbit and model_plan.h")
set(TIDBIT_APP_DIR ${CMAKE_CURRENT_LIST_DIR})
foreach(file model.tidbit model_plan.h)
  if(NOT EXISTS ${TIDBIT_MODEL}/${file})
    message(FATAL_ERROR "TIDBIT_MODEL=${TIDBIT_MODEL} has no ${file}; ${CMAKE_CURRENT_LIST_FILE} says how to make it")
  endif()
endforeach()

# tidbit_add_app(target [SECTION .name]) adds app.c and the model to the target. SECTION is that of tidbit_add_model.
function(tidbit_add_app target)
  target_sources(${target} PRIVATE ${TIDBIT_APP_DIR}/app.c)
  target_include_directories(${target} PRIVATE ${TIDBIT_APP_DIR} ${TIDBIT_MODEL})
  tidbit_add_model(${target} ${TIDBIT_MODEL}/model.tidbit ${ARGN})
endfunction()
