#!/bin/sh
# Usage: platforms/release.sh [-o FOLDER] [TARGET...]
# Builds the packages of a release in FOLDER (default: build/release), one per target. A target is a preset or espidf,
# zephyr, freertos, pico, arduino or cmsis; the default is all except host. FOLDER/MANIFEST lists their hashes and
# sizes. The build trees are in FOLDER.work. The same commit and compilers give the same bytes. Needs zip for arduino
# and cmsis.
# shellcheck disable=SC2046,SC2086  # lists of words
set -eu
cd "$(dirname "$0")/.."
packages=$PWD/platforms/packages
version=$("$packages/version.sh")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

out=build/release
if [ "${1:-}" = -o ]; then
  out=$2
  shift 2
fi
cores="cortex-m0plus cortex-m3 cortex-m4f cortex-m7 cortex-m33 cortex-m55"
arduino_cores="cortex-m0plus cortex-m3 cortex-m4f cortex-m7 cortex-m33"
softfp_cores="cortex-m4f cortex-m7 cortex-m33" # some Arduino boards pass floats in integer registers
[ $# -gt 0 ] || set -- aarch64-linux armv7-linux riscv64-linux $cores rv32imac rv32imafc espidf zephyr freertos pico arduino cmsis
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$out.work

# build(tree, preset, option...) builds the library in work/<tree>, and for Linux the programs.
build() {
  build=$work/$1
  preset=$2
  shift 2
  cmake --preset "$preset" -B "$build" -DTIDBIT_BUILD_FIRMWARE=OFF -DTIDBIT_BUILD_TESTS=OFF "$@" >/dev/null
  cmake --build "$build" >"$build.log" || {
    cat "$build.log"
    return 1
  }
}

build_cores() {
  for core in "$@"; do
    build "$core" "$core"
  done
}

build_softfp() {
  for core in "$@"; do
    build "$core-softfp" "$core" -DCMAKE_CXX_FLAGS_MINSIZEREL="-Os -DNDEBUG -mfloat-abi=softfp"
  done
}

# compile(preset) prints the C compiler and its options for the target.
compile() {
  compiler=$(sed -n 's/^set(CMAKE_C_COMPILER "\(.*\)")/\1/p' "$work/$1"/CMakeFiles/*/CMakeCCompiler.cmake)
  options=$(sed -n 's/^CMAKE_C_FLAGS:[A-Z]*=//p' "$work/$1/CMakeCache.txt")
  echo "${compiler##*/}${options:+ $options}"
}

# install_target(preset, folder) runs `cmake --install` and adds the license and the README.
install_target() {
  cmake --install "$work/$1" --prefix "$2" >/dev/null
  sed -e "s/@VERSION@/$version/g" -e "s/@TARGET@/$1/" -e "s/@COMPILE@/$(compile "$1")/" "$packages/README.target" \
    >"$2/README.md"
  cp LICENSE "$2"
}

# pack_tar(name) packs the tree of that name: sorted, with the commit's time, without owners.
pack_tar() {
  tar -C "$work/tree" --sort=name --format=ustar --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    -cf "$out/$1.tar" "$1"
  gzip -9nf "$out/$1.tar"
}

# pack_zip(folder, file) packs the contents of the folder in the same way.
pack_zip() {
  find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  rm -f "$2"
  (cd "$1" && find . -type f | sort | zip -q -X -9 "$2" -@)
}

# pack(target) assembles the target's files in an empty folder, adds a manifest, and packs them.
pack() {
  rm -rf "$work/tree"
  folder=$work/tree/tidbit-$version-$1
  [ "$1" != arduino ] || folder=$work/tree/tidbit
  case $1 in
    espidf | zephyr | freertos | pico) "$packages/assemble.sh" "$1" "$folder" ;;
    arduino)
      build_cores $arduino_cores
      build_softfp $softfp_cores
      (cd "$work" && "$packages/assemble.sh" arduino "$folder" $arduino_cores $(printf '%s-softfp ' $softfp_cores))
      ;;
    cmsis)
      build_cores $cores
      (cd "$work" && "$packages/assemble.sh" cmsis "$folder" $cores)
      ;;
    *)
      build "$1" "$1"
      install_target "$1" "$folder"
      ;;
  esac
  "$packages/manifest.sh" "$folder"
  chmod -R u=rwX,go=rX "$folder"
  case $1 in
    arduino) pack_zip "$work/tree" "$out/tidbit-$version-arduino.zip" ;;
    cmsis) pack_zip "$folder" "$out/tidbit.tidbit.$version.pack" ;;
    *) pack_tar "tidbit-$version-$1" ;;
  esac
}

for target in "$@"; do
  echo "$target"
  pack "$target"
done
rm -rf "$work/tree"
"$packages/manifest.sh" "$out"
