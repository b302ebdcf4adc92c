# `cmake --install` installs the library, the header, the programs and the packages for find_package(tidbit) and
# pkg-config.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(tidbit_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tidbit)
install(TARGETS tidbit EXPORT tidbitTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")
foreach(program tidbit-cli tidbit-convert tidbit-grammar)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

install(EXPORT tidbitTargets NAMESPACE tidbit:: DESTINATION ${tidbit_package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/tidbitConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/tidbitConfig.cmake INSTALL_DESTINATION ${tidbit_package_dir}
  PATH_VARS CMAKE_INSTALL_BINDIR)
# Before 1.0, a minor version may change the interface. Headers and blobs are the same on 32 and 64 bits, but the
# library is built for one target.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/tidbitConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tidbitConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/tidbitConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/runtime/embed/model.cmake ${PROJECT_SOURCE_DIR}/runtime/embed/model.S
  DESTINATION ${tidbit_package_dir})

# pkg-config, where programs use it. The paths are relative to the file, so the installed folder can be moved.
if(tidbit_hosted)
  file(RELATIVE_PATH tidbit_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/tidbit.pc.in ${CMAKE_CURRENT_BINARY_DIR}/tidbit.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tidbit.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
