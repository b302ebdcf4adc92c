#!/bin/sh
# Installs what is missing, then builds and tests everything: this machine with gcc, the same under AddressSanitizer and
# UndefinedBehaviorSanitizer, under emulation 64-bit and 32-bit Arm, RISC-V and the Cortex-M cores, and WebAssembly.
# Stops at the first failure.
set -eu
cd "$(dirname "$0")/.."
PATH=/usr/bin:$PATH  # Debian's cmake, whatever else is installed

platforms/setup.sh tests

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

# The tests of a preset whose names match, under its emulator as each of some CPUs.
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
test_as aarch64-linux . cortex-a53 cortex-a76 max
# These get a table of the three above: which, its kernels, and the hashes with it.
test_as aarch64-linux 'Select|Kernel|FirmwareImages' cortex-a72 neoverse-n1 max,sve=off
build armv7-linux
test_as armv7-linux . cortex-a9 cortex-a7
build_and_test riscv64-linux
build_and_test wasm32
for core in m55 m7 m4f m33 m3 m0plus; do
  build_and_test cortex-$core
done
