// Reads files, and blobs that the build made from checkpoints.
#pragma once

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "tests/support/aligned.h"

namespace tidbit::test {

inline std::optional<std::string> read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

inline std::optional<AlignedBytes> read_blob(const std::string &name) {
  const auto text = read_file(TIDBIT_BLOB_DIR "/" + name + ".tidbit");
  if (!text) return std::nullopt;
  return AlignedBytes(std::as_bytes(std::span(*text)));
}

}  // namespace tidbit::test
