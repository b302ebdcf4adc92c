# Defines GTest::gtest and GTest::gtest_main: the installed library or, for cross builds, its sources.
set(TIDBIT_GOOGLETEST_SOURCE /usr/src/googletest CACHE PATH
  "GoogleTest's sources, for cross builds (Debian: googletest)")
if(NOT CMAKE_CROSSCOMPILING)
  find_package(GTest REQUIRED)
elseif(EXISTS ${TIDBIT_GOOGLETEST_SOURCE}/CMakeLists.txt)
  set(INSTALL_GTEST OFF)
  set(BUILD_GMOCK OFF)
  add_subdirectory(${TIDBIT_GOOGLETEST_SOURCE} ${PROJECT_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
else()
  message(FATAL_ERROR "GoogleTest's sources were not found in ${TIDBIT_GOOGLETEST_SOURCE}. "
    "Set -DTIDBIT_GOOGLETEST_SOURCE=folder or -DTIDBIT_BUILD_TESTS=OFF.")
endif()
