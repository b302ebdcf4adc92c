#!/bin/sh
# Prints the project's version, which stands in the root's CMakeLists.txt alone.
sed -n 's/^project(tidbit VERSION \([0-9.]*\) .*/\1/p' "$(dirname "$0")/../../CMakeLists.txt"
