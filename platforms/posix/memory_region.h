// Zeroed memory from the operating system. Pages are committed on first use.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tidbit::posix {

class MemoryRegion {
 public:
  MemoryRegion() = default;
  ~MemoryRegion();
  MemoryRegion(const MemoryRegion &) = delete;
  MemoryRegion &operator=(const MemoryRegion &) = delete;

  // Aligned to a page. Returns false if there is not enough memory. A second call releases the first region.
  bool allocate(uint64_t bytes);
  // Requests huge pages; the system may ignore it.
  void prefer_huge_pages();

  void *data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void release();

  void *data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace tidbit::posix
