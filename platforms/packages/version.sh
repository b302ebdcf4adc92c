#!/bin/sh
# Prints the project's version, which is defined in the root's CMakeLists.txt.
sed -n 's/^project(tidbit VERSION \([0-9.]*\) .*/\1/p' "$(dirname "$0")/../../CMakeLists.txt"
