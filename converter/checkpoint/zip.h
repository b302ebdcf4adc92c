// zip archives as PyTorch writes them: entries that are stored as they are, with the 64-bit records of large files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "converter/checkpoint/file.h"

namespace tidbit::convert {

struct ZipEntry {
  std::uint64_t offset;  // of the contents in the file
  std::uint64_t bytes;
};
using ZipEntries = std::map<std::string, ZipEntry, std::less<>>;

// "PK\3\4"
inline constexpr const char *kZipStart = "PK\3\4";

// Reads the directory at the end of the archive. Each entry is checked against its own header: nothing is compressed or
// encrypted, all contents lie in the file, and no two overlap. Throws ConvertError.
ZipEntries read_zip(const InputFile &file);

}  // namespace tidbit::convert
