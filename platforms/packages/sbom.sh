#!/bin/sh
# Usage: sbom.sh FOLDER
# Writes FOLDER/tidbit-VERSION.spdx: what the packages of a release in FOLDER contain, with licenses and checksums, as
# SPDX 2.3 in its tag-value form. Versions of libraries are those of this machine's Debian packages.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$("$here/version.sh")
cd "$1"
packages=$(find . -type f ! -name '*.spdx' ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort)
contents=$(cat $packages | sha256sum | cut -d ' ' -f 1) # shellcheck disable=SC2086 # a list

# package(id, name, version, license, copyright) prints a package. Its file, if it has one, is $file.
package() {
  printf '\nPackageName: %s\nSPDXID: SPDXRef-%s\nPackageVersion: %s\n' "$2" "$1" "$3"
  [ -z "$file" ] ||
    printf 'PackageFileName: %s\nPackageChecksum: SHA256: %s\n' "$file" "$(sha256sum "$file" | cut -d ' ' -f 1)"
  printf 'PackageDownloadLocation: NOASSERTION\nFilesAnalyzed: false\n'
  printf 'PackageLicenseConcluded: %s\nPackageLicenseDeclared: %s\nPackageCopyrightText: %s\n' "$4" "$4" "$5"
}

# library(id) prints the package of a library, with the version of its Debian package.
library() {
  file=
  case $1 in
    xsimd) set -- xsimd libxsimd-dev BSD-3-Clause ;;
    cli11) set -- cli11 libcli11-dev BSD-3-Clause ;;
    json) set -- json nlohmann-json3-dev MIT ;;
    musl) set -- musl musl-dev MIT ;;
    glibc) set -- glibc libc6-dev LGPL-2.1-or-later ;;
    glibc-arm64) set -- glibc-arm64 libc6-dev-arm64-cross LGPL-2.1-or-later ;;
    glibc-armhf) set -- glibc-armhf libc6-dev-armhf-cross LGPL-2.1-or-later ;;
    glibc-riscv64) set -- glibc-riscv64 libc6-dev-riscv64-cross LGPL-2.1-or-later ;;
    libgcc) set -- libgcc libgcc-12-dev 'GPL-3.0-or-later WITH GCC-exception-3.1' ;;
  esac
  package "$1" "$2" "$(dpkg-query -W -f '${Version}' "$2" 2>/dev/null || echo unknown)" "$3" NOASSERTION
}

# libraries_in(file) prints the libraries that the binaries of a package contain.
libraries_in() {
  case $1 in
    *-aarch64-linux.*) echo xsimd glibc-arm64 libgcc ;;
    *-armv7-linux.*) echo glibc-armhf libgcc ;;
    *-riscv64-linux.*) echo glibc-riscv64 libgcc ;;
    *-x86_64-linux.*)
      libc=glibc
      [ ! -e /usr/lib/x86_64-linux-musl/musl-gcc.specs ] || libc=musl
      echo xsimd cli11 json $libc libgcc
      ;;
  esac
}

{
  cat <<END
SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: tidbit-$version
DocumentNamespace: https://spdx.org/spdxdocs/tidbit-$version-$contents
Creator: Tool: tidbit-sbom.sh
Created: $(date -u -d "@$SOURCE_DATE_EPOCH" +%FT%TZ)
END
  all=
  for file in $packages; do
    id=$(echo "$file" | tr -c 'A-Za-z0-9.\n' -)
    package "$id" tidbit "$version" MIT 'Copyright (c) 2026 The tidbit authors'
    echo "Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-$id"
    for name in $(libraries_in "$file"); do
      echo "Relationship: SPDXRef-$id CONTAINS SPDXRef-$name"
      all="$all $name"
    done
  done
  for name in $(printf '%s\n' $all | sort -u); do # shellcheck disable=SC2086 # a list
    library "$name"
  done
} >"tidbit-$version.spdx"
