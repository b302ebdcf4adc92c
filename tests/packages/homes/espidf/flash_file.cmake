# Adds flash_file.c to the program.
cmake_language(DEFER CALL target_sources home_control.elf PRIVATE ${CMAKE_CURRENT_LIST_DIR}/flash_file.c)
