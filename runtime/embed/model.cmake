# tidbit_add_model(target model.tidbit [SYMBOL name] [SECTION .name]) adds a blob to a program or library, as
#
#   extern const unsigned char name[], name_end[];   (default: model_blob)
#
# The default section is .rodata.<name>. For another one, the linker script must have a place. The blob is a file, or
# the output of a rule of the same directory; a relative path is looked up in the source folder, then in the binary
# folder. The project needs the language ASM. A target may have several models.
function(tidbit_add_model target blob)
  cmake_parse_arguments(arg "" "SYMBOL;SECTION" "" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tidbit_add_model does not know the arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT CMAKE_ASM_COMPILER)
    message(FATAL_ERROR "tidbit_add_model needs assembly: add ASM to the LANGUAGES of project(), or call "
      "enable_language(ASM)")
  endif()
  if(NOT arg_SYMBOL)
    set(arg_SYMBOL model_blob)
  endif()
  get_filename_component(in_source "${blob}" ABSOLUTE)
  get_filename_component(blob "${blob}" ABSOLUTE BASE_DIR ${CMAKE_CURRENT_BINARY_DIR})
  if(EXISTS "${in_source}")
    set(blob "${in_source}")
  endif()
  set(definitions TIDBIT_BLOB="${blob}" TIDBIT_SYMBOL=${arg_SYMBOL})
  if(arg_SECTION)
    list(APPEND definitions TIDBIT_SECTION=${arg_SECTION})
  endif()
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${target}-${arg_SYMBOL}.S)  # its own, because properties belong to a file
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/model.S ${assembly} COPYONLY)
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS "${blob}" COMPILE_DEFINITIONS "${definitions}")
  target_sources(${target} PRIVATE ${assembly})
endfunction()
