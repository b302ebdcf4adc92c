#!/bin/sh
# Writes hashes.txt anew from the scalar kernels: make_hashes.sh [build/host]. To be run only when the arithmetic or a
# checkpoint changed on purpose; everything else must leave the table as it is.
set -eu
here=$(dirname "$0")
build=${1:-$here/../../build/host}
: > "$here/hashes.txt"
"$build/tests/exactness_tests" --gtest_filter='*ScalarReference*' | sed -n 's/^computed //p' > "$here/hashes.new"
mv "$here/hashes.new" "$here/hashes.txt"
cat "$here/hashes.txt"
