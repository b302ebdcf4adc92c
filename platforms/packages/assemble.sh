#!/bin/sh
# Usage: assemble.sh PACKAGE FOLDER [BUILD...]
# Assembles the files of a package (espidf, zephyr, freertos, pico, arduino or cmsis) in FOLDER, which must not exist.
# Each BUILD is a build tree of the library for a Cortex-M; the packages arduino and cmsis get the archives of all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
package=$1
folder=$2
shift 2
version=$("$here/version.sh")

# fill(from, to) copies a file and fills in the version.
fill() {
  sed "s/@VERSION@/$version/g" "$1" >"$2"
}

# Copies the library's sources for a build system with Kconfig.
kconfig_sources() {
  cp -R "$root/runtime" "$here/library.cmake" "$here/kconfig.cmake" "$folder"
  formats=$(sed -n 's/^using Formats = FormatList<\(.*\)>;$/\1/p' "$root/runtime/format/formats.h" | tr -d ,)
  awk -v formats="$formats" '
    $0 != "@WEIGHTS@" { print; next }
    {
      for (i = 1; i <= split(formats, row, " "); i++) {
        printf "config TIDBIT_WEIGHTS_%s\n\tbool \"%s\"\n\tdefault y\n\n", toupper(row[i]), tolower(row[i])
      }
    }' "$here/Kconfig.features" >"$folder/Kconfig.features"
}

# Copies the application of the samples.
application() {
  mkdir "$folder/app"
  cp "$here/app.cmake" "$root/platforms/baremetal/app/app.c" "$root/platforms/baremetal/app/board.h" "$folder/app"
}

espidf() {
  kconfig_sources
  cp -R "$here/espidf/CMakeLists.txt" "$here/espidf/Kconfig" "$here/espidf/examples" "$folder"
  cp "$root/platforms/baremetal/app/app.c" "$root/platforms/baremetal/app/board.h" "$folder/examples/home_control/main"
  fill "$here/espidf/idf_component.yml" "$folder/idf_component.yml"
}

zephyr() {
  kconfig_sources
  application
  cp -R "$here/zephyr/samples" "$folder"
  mkdir "$folder/zephyr"
  cp "$here/zephyr/module.yml" "$here/zephyr/CMakeLists.txt" "$here/zephyr/Kconfig" "$folder/zephyr"
}

freertos() {
  cp -R "$root/runtime" "$here/library.cmake" "$here/freertos/home_control" "$folder"
  application
  mkdir "$folder/baremetal" "$folder/baremetal/boards"
  (cd "$root/platforms/baremetal" && cp board.cmake startup.? cortex_m.c semihosting*.? "$folder/baremetal" &&
    cp boards/mps2-an385.ld boards/sections.ld "$folder/baremetal/boards")
  cp "$root/platforms/toolchains/cortex-m.cmake" "$folder"
}

pico() {
  cp -R "$root/runtime" "$here/library.cmake" "$here/pico/home_control" "$folder"
  application
}

# flag(build, name) prints the value of the last -m<name>=... option of the build.
flag() {
  sed -n 's/^CMAKE_CXX_FLAGS\(_MINSIZEREL\)\{0,1\}:STRING=//p' "$1/CMakeCache.txt" | tr ' ' '\n' |
    sed -n "s/^-m$2=//p" | tail -n 1
}

# Arduino looks for archives in src/<MCU>, or with an FPU in src/<MCU>/<FPU>-<ABI>. Most platforms have the core as the
# name of the MCU; that of Teensy 4 has the chip, an M7.
arduino() {
  mkdir "$folder/src"
  cp "$here/arduino/tidbit.h" "$folder/src"
  cp -R "$root/runtime/include/tidbit" "$folder/src"
  cp -R "$here/arduino/examples" "$folder"
  mkdir "$folder/extras"
  cp "$root/runtime/embed/model.S" "$folder/extras"
  fill "$here/arduino/library.properties" "$folder/library.properties"
  for build in "$@"; do
    place=$folder/src/$(flag "$build" cpu)
    fpu=$(flag "$build" fpu)
    [ -z "$fpu" ] || place=$place/$fpu-$(flag "$build" float-abi)
    mkdir -p "$place"
    cp "$build/libtidbit.a" "$place"
    case ${place#"$folder/src/"} in
      cortex-m7/fpv5-d16-hard)
        mkdir -p "$folder/src/imxrt1062"
        cp -R "$place" "$folder/src/imxrt1062"
        ;;
    esac
  done
}

# Print the lines of the pack description for the sources and for the archives. An archive's condition has the name of
# its build.
cmsis_sources() {
  (cd "$root" && find runtime -name '*.cpp') | LC_ALL=C sort | sed 's|.*|        <file category="sourceCpp" name="&"/>|'
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
  cmsis_sources >"$folder/sources"
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
