#!/bin/sh
# Usage: assemble.sh PACKAGE FOLDER [BUILD...]
# Puts the tree of a package together in FOLDER, which must not exist: espidf, zephyr, arduino or cmsis. A BUILD is a
# build tree of the library for a Cortex-M; arduino and cmsis hold the archives of all that are given.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
package=$1
folder=$2
shift 2
version=$("$here/version.sh")

# fill(from, to): a copy with the version in it.
fill() {
  sed "s/@VERSION@/$version/g" "$1" >"$2"
}

# The library's sources for a build system with Kconfig.
kconfig_sources() {
  cp -R "$root/runtime" "$here/library.cmake" "$here/Kconfig.features" "$folder"
}

espidf() {
  kconfig_sources
  cp "$here/espidf/CMakeLists.txt" "$here/espidf/Kconfig" "$folder"
  fill "$here/espidf/idf_component.yml" "$folder/idf_component.yml"
}

zephyr() {
  kconfig_sources
  mkdir "$folder/zephyr"
  cp "$here/zephyr/module.yml" "$here/zephyr/CMakeLists.txt" "$here/zephyr/Kconfig" "$folder/zephyr"
}

# flag(build, name): the last -m<name>=... that the build compiles with, without its head.
flag() {
  sed -n 's/^CMAKE_CXX_FLAGS\(_MINSIZEREL\)\{0,1\}:STRING=//p' "$1/CMakeCache.txt" | tr ' ' '\n' |
    sed -n "s/^-m$2=//p" | tail -n 1
}

# Archives lie where Arduino looks for them: src/<core>, with an FPU src/<core>/<FPU>-<ABI>.
arduino() {
  mkdir "$folder/src"
  cp "$here/arduino/tidbit.h" "$folder/src"
  cp -R "$root/runtime/include/tidbit" "$folder/src"
  cp -R "$here/arduino/examples" "$folder"
  fill "$here/arduino/library.properties" "$folder/library.properties"
  for build in "$@"; do
    place=$folder/src/$(flag "$build" cpu)
    fpu=$(flag "$build" fpu)
    [ -z "$fpu" ] || place=$place/$fpu-$(flag "$build" float-abi)
    mkdir -p "$place"
    cp "$build/libtidbit.a" "$place"
  done
}

# The lines of the description that name the sources and the archives; an archive's condition has the name of its build.
cmsis_sources() {
  sed -n 's|^ *"file": ".*/\(runtime/.*\.cpp\)".*|\1|p' "$1/compile_commands.json" | grep -v '/dsp\.cpp$' |
    LC_ALL=C sort -u | sed 's|.*|        <file category="sourceCpp" name="&"/>|'
}

cmsis_archives() {
  for build in "$@"; do
    name=$(basename "$build")
    mkdir -p "$folder/lib/$name"
    cp "$build/libtidbit.a" "$folder/lib/$name"
    echo "        <file category=\"library\" name=\"lib/$name/libtidbit.a\" condition=\"$name\"/>"
  done
}

cmsis() {
  cp -R "$root/runtime" "$folder"
  cmsis_sources "$1" >"$folder/sources"
  cmsis_archives "$@" >"$folder/archives"
  sed -e "s/@VERSION@/$version/g" -e "s/@DATE@/$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)/" \
    -e "/@SOURCES@/{r $folder/sources
d}" -e "/@ARCHIVES@/{r $folder/archives
d}" "$here/cmsis/tidbit.pdsc" >"$folder/tidbit.tidbit.pdsc"
  rm "$folder/sources" "$folder/archives"
}

mkdir -p "$folder"
cp "$root/LICENSE" "$folder"
cp "$here/$package/README.md" "$folder"
"$package" "$@"
