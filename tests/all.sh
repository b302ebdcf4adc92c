#!/bin/sh
# Installs what is missing, then builds and tests everything: this machine with gcc, the same under AddressSanitizer and
# UndefinedBehaviorSanitizer, and under emulation 64-bit Arm and the Cortex-M cores. Stops at the first failure.
set -eu
cd "$(dirname "$0")/.."
PATH=/usr/bin:$PATH  # Debian's cmake, whatever else is installed

platforms/setup.sh tests

build_and_test() {
  cmake --preset "$1"
  cmake --build --preset "$1"
  ctest --preset "$1" -j 2
}

build_and_test host
build_and_test sanitize
cmake --preset aarch64-linux
cmake --build --preset aarch64-linux
for cpu in cortex-a53 cortex-a76 max; do
  echo "== qemu-aarch64 -cpu $cpu"
  QEMU_CPU=$cpu ctest --preset aarch64-linux -j 2
done
for core in m55 m7 m4f m33 m3 m0plus; do
  build_and_test cortex-$core
done
