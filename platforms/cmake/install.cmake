# `cmake --install` installs the library, the header, the programs and the package for find_package(tidbit).
include(CMakePackageConfigHelpers)

set(tidbit_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tidbit)
install(TARGETS tidbit EXPORT tidbitTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")
foreach(program tidbit-cli tidbit-convert)
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
  DESTINATION ${tidbit_package_dir})
