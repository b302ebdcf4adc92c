#!/bin/sh
# Usage: manifest.sh FOLDER
# Writes FOLDER/MANIFEST: the SHA-256, size in bytes and path of every other file in FOLDER, sorted by path.
set -eu
cd "$1"
find . -type f ! -path "./MANIFEST*" | LC_ALL=C sort | while read -r file; do
  hash=$(sha256sum "$file")
  echo "${hash%% *} $(stat -c %s "$file") ${file#./}"
done >MANIFEST.new
mv MANIFEST.new MANIFEST
