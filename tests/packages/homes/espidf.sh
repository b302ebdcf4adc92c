#!/bin/sh
# Usage: espidf.sh TREE PROGRAMS SAMPLE WORK
# Builds the example in the ESP-IDF tree IDF_PATH for its target linux, and runs it with the model in the flash that
# ESP-IDF emulates.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
[ -n "${IDF_PATH:-}" ] || skip "IDF_PATH is not set"
[ -e /usr/include/bsd/sys/cdefs.h ] || skip "libbsd-dev, which ESP-IDF needs on Linux, is not installed"
make_model
quietly cmake -G Ninja -S "$tree/examples/home_control" -B "$work/build" -DIDF_TARGET=linux \
  -DSDKCONFIG="$work/sdkconfig" -DPYTHON_DEPS_CHECKED=1 -DCMAKE_PROJECT_home_control_INCLUDE="$here/espidf/flash_file.cmake"
quietly cmake --build "$work/build"

# The partition table is at 0x8000; the model's partition follows the application's.
export FLASH_FILE="$work/flash"
truncate -s $((0x210000)) "$FLASH_FILE"
dd if="$work/build/partition_table/partition-table.bin" of="$FLASH_FILE" bs=$((0x8000)) seek=1 conv=notrunc status=none
dd if="$TIDBIT_MODEL/model.tidbit" of="$FLASH_FILE" bs=$((0x10000)) seek=17 conv=notrunc status=none
expect_answer any "$work/build/home_control.elf"
