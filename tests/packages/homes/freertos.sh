#!/bin/sh
# Usage: freertos.sh TREE PROGRAMS SAMPLE WORK
# Builds the example with the FreeRTOS kernel in FREERTOS_KERNEL_PATH, and runs it under emulation.
. "$(dirname "$0")/common.sh"
[ -n "${FREERTOS_KERNEL_PATH:-}" ] || skip "FREERTOS_KERNEL_PATH is not set"
need_tool arm-none-eabi-gcc
need_tool qemu-system-arm
make_model
quietly cmake -G Ninja -S "$tree/home_control" -B "$work/build" -DCMAKE_TOOLCHAIN_FILE="$tree/cortex-m.cmake"
quietly cmake --build "$work/build"
arm-none-eabi-size "$work/build/home_control"
expect_answer dsp qemu-system-arm -M mps2-an386 -display none -monitor none \
  -semihosting-config enable=on,target=native,arg="$request" -kernel "$work/build/home_control"
! grep -q "other task ran: 0$" "$work/output" || fail "the application did not yield"
