#!/bin/sh
# Usage: pico.sh TREE PROGRAMS SAMPLE WORK BOARD TABLE
# Links the example for the board with the Pico SDK in PICO_SDK_PATH. The program must contain the table of kernels.
. "$(dirname "$0")/common.sh"
[ -n "${PICO_SDK_PATH:-}" ] || skip "PICO_SDK_PATH is not set"
need_tool arm-none-eabi-gcc
make_model
# Without picotool, which the SDK would download, there is no UF2 file.
quietly cmake -G Ninja -S "$tree/home_control" -B "$work/build" -DPICO_BOARD="$1" -Dpicotool_FOUND=OFF
quietly cmake --build "$work/build"
arm-none-eabi-size "$work/build/home_control.elf"
arm-none-eabi-nm -C "$work/build/home_control.elf" >"$work/symbols"
grep -q "tidbit::$2\$" "$work/symbols" || fail "the program lacks $2"
grep -q "^10[0-9a-f]*[048c]0 R model_blob\$" "$work/symbols" || fail "the model is not in flash, or not aligned"
