#!/bin/sh
# Usage: platforms/release.sh [-o FOLDER] [TARGET...]
# Builds the packages of a release in FOLDER (default: build/release), one per target. A target is a preset, the preset
# of a core with an FPU and -softfp, or espidf, zephyr, freertos, pico, arduino or cmsis; the default is all.
# FOLDER/SHA256SUMS lists their hashes, and FOLDER/tidbit-VERSION.spdx what they contain. The build trees are in
# FOLDER.work. The same commit and compilers give the same bytes. Needs zip for arduino and cmsis.
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
arduino_softfp="cortex-m4f-softfp cortex-m7-softfp cortex-m33-softfp" # some boards pass floats in integer registers
softfp="cortex-m4f-softfp cortex-m33-softfp"
[ $# -gt 0 ] || set -- host aarch64-linux armv7-linux riscv64-linux $cores $softfp rv32imac rv32imafc espidf zephyr \
  freertos pico arduino cmsis
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$out.work

# build(target) builds the library in work/<target>, and for Linux the programs.
build() {
  build=$work/$1
  case $1 in
    *-softfp) set -- "${1%-softfp}" -DTIDBIT_FLOAT_ABI=softfp ;;
  esac
  preset=$1
  shift
  cmake --preset "$preset" -B "$build" -DTIDBIT_BUILD_FIRMWARE=OFF -DTIDBIT_BUILD_TESTS=OFF "$@" >/dev/null
  cmake --build "$build" >"$build.log" || {
    cat "$build.log"
    return 1
  }
}

build_all() {
  for target in "$@"; do
    build "$target"
  done
}

# full_name(target) prints the target with what its user has to know: the processor, or how floats are passed.
full_name() {
  case $1 in
    host) echo "$(uname -m)-linux" ;;
    cortex-m0plus | cortex-m3) echo "$1-soft" ;;
    *-softfp) echo "$1" ;;
    cortex-*) echo "$1-hard" ;;
    *) echo "$1" ;;
  esac
}

# compile(target) prints the C compiler and its options for the target.
compile() {
  compiler=$(sed -n 's/^set(CMAKE_C_COMPILER "\(.*\)")/\1/p' "$work/$1"/CMakeFiles/*/CMakeCCompiler.cmake)
  options=$(sed -n 's/^CMAKE_C_FLAGS:[A-Z]*=//p' "$work/$1/CMakeCache.txt")
  echo "${compiler##*/}${options:+ $options}"
}

# install_target(target, folder) runs `cmake --install` and adds the license and the README. The host's package also
# has the sample model, so that there is something to run.
install_target() {
  cmake --install "$work/$1" --prefix "$2" >/dev/null
  about=/dev/null
  full=$(full_name "$1")
  case $1 in
    host)
      about=$packages/README.host
      "$work/host/tidbit-convert" converter/samples/home_control/model -o "$2/home.tidbit" >/dev/null
      ln -s bin/tidbit bin/tidbit-convert "$2"
      ;;
    cortex-*) about=$packages/README.cortex ;;
  esac
  sed -e "/@ABOUT@/{r $about
d}" "$packages/README.target" | sed -e "s/@VERSION@/$version/g" -e "s/@TARGET@/$full/" -e "s/@ABI@/${full##*-}/g" \
    -e "s/@COMPILE@/$(compile "$1")/" >"$2/README.md"
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
  name=tidbit-$version-$(full_name "$1")
  folder=$work/tree/$name
  [ "$1" != arduino ] || folder=$work/tree/tidbit
  case $1 in
    espidf | zephyr | freertos | pico) "$packages/assemble.sh" "$1" "$folder" ;;
    arduino)
      build_all $arduino_cores $arduino_softfp
      (cd "$work" && "$packages/assemble.sh" arduino "$folder" $arduino_cores $arduino_softfp)
      ;;
    cmsis)
      build_all $cores
      (cd "$work" && "$packages/assemble.sh" cmsis "$folder" $cores)
      ;;
    *)
      build "$1"
      install_target "$1" "$folder"
      ;;
  esac
  "$packages/manifest.sh" "$folder"
  chmod -R u=rwX,go=rX "$folder"
  case $1 in
    arduino) pack_zip "$work/tree" "$out/tidbit-$version-arduino.zip" ;;
    cmsis) pack_zip "$folder" "$out/tidbit.tidbit.$version.pack" ;;
    *) pack_tar "$name" ;;
  esac
}

for target in "$@"; do
  echo "$target"
  pack "$target"
done
rm -rf "$work/tree"
"$packages/sbom.sh" "$out"
cd "$out"
find . -type f ! -name SHA256SUMS | sed 's|^\./||' | sort | xargs sha256sum >SHA256SUMS
