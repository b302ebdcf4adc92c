# Adds flash_file.c to the program, which is made later.
set(flash_file ${CMAKE_CURRENT_LIST_DIR}/flash_file.c)
cmake_language(DEFER CALL target_sources home_control.elf PRIVATE ${flash_file})
