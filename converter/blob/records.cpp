#include "converter/blob/records.h"

#include <cstring>

namespace tidbit::convert {

void RecordsWriter::add(std::uint32_t kind, const std::vector<std::byte> &content) {
  records_.push_back({kind, static_cast<std::uint32_t>(data_.size()), static_cast<std::uint32_t>(content.size()), 0});
  data_.insert(data_.end(), content.begin(), content.end());
  data_.resize(format::round_up(data_.size(), 4));
}

std::vector<std::byte> RecordsWriter::section() const {
  const format::Records head = {static_cast<std::uint32_t>(records_.size()), 0};
  const std::size_t table_bytes = records_.size() * sizeof(format::Record);
  std::vector<format::Record> records = records_;
  for (format::Record &record : records) record.offset += static_cast<std::uint32_t>(sizeof head + table_bytes);
  std::vector<std::byte> bytes(sizeof head + table_bytes);
  std::memcpy(bytes.data(), &head, sizeof head);
  if (table_bytes > 0) std::memcpy(bytes.data() + sizeof head, records.data(), table_bytes);
  bytes.insert(bytes.end(), data_.begin(), data_.end());
  return bytes;
}

}  // namespace tidbit::convert
