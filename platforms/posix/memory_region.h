// Zeroed memory from the system, page by page as it is first touched.
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

  // Aligned to a page. False where the system has not so much. A second call lets go of the first region.
  bool allocate(uint64_t bytes);
  // Asks for huge pages; the system may ignore it.
  void prefer_huge_pages();

  void *data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void release();

  void *data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace tidbit::posix
