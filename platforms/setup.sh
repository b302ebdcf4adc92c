#!/bin/sh
# Installs what Debian 12 lacks to build tidbit: setup.sh, or with all that tests/all.sh uses: setup.sh tests
# As root, or through sudo. Does nothing where everything is there.
set -eu

build="cmake g++ libcli11-dev libgtest-dev libsimde-dev libxsimd-dev musl-tools ninja-build nlohmann-json3-dev"
tests="clang-14 g++-aarch64-linux-gnu g++-arm-linux-gnueabihf g++-riscv64-linux-gnu gcc-arm-none-eabi googletest
  libc++-14-dev-wasm32 libclang-rt-14-dev-wasm32 libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib libxml2-utils
  lld-14 nodejs qemu-system-arm qemu-user wasi-libc zip"

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
# shellcheck disable=SC2086  # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
