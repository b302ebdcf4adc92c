#!/bin/sh
# Usage: format.sh
# Compares every C and C++ file with what clang-format-14 makes of it. Fails with the files that differ and the command
# that fixes them. Version 14 is Debian 12's; other versions format a few things differently.
set -eu
cd "$(dirname "$0")/.."
sources() {
  find . -name '.?*' -prune -o -name build -prune -o \( -name '*.h' -o -name '*.c' -o -name '*.cpp' \) -print
}
differing=$(sources | xargs clang-format-14 --dry-run -Werror 2>&1 |
  sed -n 's|^\./\([^ :]*\):[0-9]*:[0-9]*: error: .*|\1|p' | sort -u | tr '\n' ' ')
[ -n "$differing" ] || exit 0
echo "not formatted; fix with: clang-format-14 -i $differing"
exit 1
