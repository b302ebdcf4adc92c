# Usage: cmake -DRELEASE=folder -DVERSION=version -P check_release.cmake
# Checks that SHA256SUMS agrees with the files of a release and names all of them, and that the SBOM has the fields that
# SPDX 2.3 requires, and each package with its checksum.
cmake_minimum_required(VERSION 3.25)
file(GLOB files RELATIVE ${RELEASE} ${RELEASE}/*)
list(REMOVE_ITEM files SHA256SUMS)
file(READ ${RELEASE}/SHA256SUMS sums)
file(READ ${RELEASE}/tidbit-${VERSION}.spdx sbom)
foreach(field "SPDXVersion: SPDX-2.3" "DataLicense: CC0-1.0" "SPDXID: SPDXRef-DOCUMENT" "DocumentName: [^\n]+"
    "DocumentNamespace: https://[^\n#]+" "Creator: Tool: [^\n]+" "Created: [0-9-]+T[0-9:]+Z")
  if(NOT sbom MATCHES "(^|\n)${field}\n")
    message(FATAL_ERROR "the SBOM has no line '${field}'")
  endif()
endforeach()

set(expected "")
foreach(file IN LISTS files)
  file(SHA256 ${RELEASE}/${file} hash)
  string(APPEND expected "${hash}  ${file}\n")
  if(NOT file MATCHES "\\.spdx$" AND NOT sbom MATCHES "PackageFileName: ${file}\nPackageChecksum: SHA256: ${hash}\n")
    message(FATAL_ERROR "the SBOM has no package ${file} with the checksum ${hash}")
  endif()
endforeach()
if(NOT files OR NOT sums STREQUAL expected)
  message(FATAL_ERROR "SHA256SUMS is\n${sums}but should be\n${expected}")
endif()
