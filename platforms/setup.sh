#!/bin/sh
# Usage: platforms/setup.sh [tests]
# Installs the Debian 12 packages needed to build tidbit, and with `tests` also those that tests/all.sh needs. Uses sudo
# unless run as root. Does nothing if everything is installed.
set -eu

build="cmake g++ libcli11-dev libgtest-dev libsimde-dev libsodium-dev libxsimd-dev musl-tools
  ninja-build nlohmann-json3-dev"
tests="clang-14 clang-19 clang-format-14 clang-tidy-19 g++-aarch64-linux-gnu g++-arm-linux-gnueabihf
  g++-riscv64-linux-gnu gcc-arm-none-eabi gcc-riscv64-unknown-elf googletest libc++-14-dev-wasm32 libclang-rt-14-dev
  libclang-rt-14-dev-wasm32 libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib libxml2-utils lld-14 nodejs
  picolibc-riscv64-unknown-elf qemu-system-arm qemu-system-misc qemu-user wasi-libc zip"

wanted=$build
[ "${1:-}" = tests ] && wanted="$build $tests"

missing=""
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

as_root=""
[ "$(id -u)" -eq 0 ] || as_root=sudo
echo "installing:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086  # $missing is a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
