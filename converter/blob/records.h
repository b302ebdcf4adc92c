// A section of records: a table, and the contents behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "format/blob_format.h"

namespace tidbit::convert {

class RecordsWriter {
 public:
  // Each content begins at a multiple of 4.
  void add(std::uint32_t kind, const std::vector<std::byte> &content);
  std::vector<std::byte> section() const;

 private:
  std::vector<format::Record> records_;  // with offsets from the first content
  std::vector<std::byte> data_;
};

}  // namespace tidbit::convert
