#!/bin/sh
# Usage: zephyr.sh TREE PROGRAMS SAMPLE WORK BOARD MACHINE KERNELS
# Builds the sample for the board in the Zephyr tree ZEPHYR_BASE, and runs it on the QEMU machine.
. "$(dirname "$0")/common.sh"
board=$1
[ -n "${ZEPHYR_BASE:-}" ] || skip "ZEPHYR_BASE is not set"
[ -n "$(find "$ZEPHYR_BASE/boards" -name "$board.yaml")" ] || skip "this Zephyr has no board $board"
need_tool qemu-system-arm
make_model
quietly cmake -G Ninja -S "$tree/samples/home_control" -B "$work/build" -DBOARD="$board"
quietly cmake --build "$work/build"
sed -n '/^Memory region/,$p' "$work/log"
expect_answer "$3" qemu-system-arm -M "$2" -display none -monitor none -serial stdio \
  -kernel "$work/build/zephyr/zephyr.elf"
