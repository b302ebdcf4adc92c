# Usage: cmake -DSOURCE=repository -DMODEL_DIR=folder -DWORK=folder -DC=compiler -DCXX=compiler
#   -P check_readme_project.cmake
# Makes a project of the two files in README, the repository, and the model and its plan from MODEL_DIR, all side by
# side. Builds and runs it.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/readme_block.cmake)
file(REMOVE_RECURSE ${WORK})
foreach(name CMakeLists.txt example.c)
  readme_block(${SOURCE}/README.md ${name} block)
  file(WRITE ${WORK}/${name} "${block}")
endforeach()
file(CREATE_LINK ${SOURCE} ${WORK}/tidbit SYMBOLIC)
file(COPY ${MODEL_DIR}/model.tidbit ${MODEL_DIR}/model_plan.h DESTINATION ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${WORK} -B ${WORK}/build -DCMAKE_C_COMPILER=${C} -DCMAKE_CXX_COMPILER=${CXX}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
set(EXAMPLE ${WORK}/build/example)
include(${CMAKE_CURRENT_LIST_DIR}/check_output.cmake)
