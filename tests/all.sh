#!/bin/sh
# Installs missing packages and checks the formatting, then builds and tests everything: on this machine with GCC; with
# clang under AddressSanitizer and UndefinedBehaviorSanitizer, with each fuzz target for a few seconds; the suite of
# threads under ThreadSanitizer; with clang-tidy; under emulation 64-bit and 32-bit Arm, RISC-V with and without Linux,
# and the Cortex-M cores; and WebAssembly. Stops at the first failure.
set -eu
cd "$(dirname "$0")/.."
PATH=/usr/bin:$PATH  # use Debian's cmake, even if others are installed

platforms/setup.sh tests
tests/format.sh

build() {
  cmake --preset "$1"
  cmake --build --preset "$1"
}
build_and_test() {
  build "$1"
  ctest --preset "$1" -j 2
}

build_and_test host
build_and_test sanitize
build_and_test thread
build lint

# test_as(preset, regex, cpu...) runs the tests of a preset whose names match, once for each CPU of the emulator.
test_as() {
  preset=$1
  tests=$2
  shift 2
  for cpu in "$@"; do
    echo "== $preset as $cpu"
    QEMU_CPU=$cpu ctest --preset "$preset" -R "$tests" -j 2
  done
}

build aarch64-linux
test_as aarch64-linux . max
# All tables run as "max". What differs on other CPUs is which of them is selected.
test_as aarch64-linux 'Select|FirmwareImages|Blob.*home-q8"' cortex-a53 cortex-a72 cortex-a76 neoverse-n1 max,sve=off
build armv7-linux
test_as armv7-linux . cortex-a7
test_as armv7-linux 'Select|FirmwareImages|Blob.*home-q8"' cortex-a9
build_and_test riscv64-linux
build_and_test wasm32
for core in cortex-m55 cortex-m7 cortex-m4f cortex-m33 cortex-m3 cortex-m0plus rv32imac rv32imafc; do
  build_and_test $core
done
