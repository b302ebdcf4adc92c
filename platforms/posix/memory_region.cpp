#include "posix/memory_region.h"

#include <sys/mman.h>

namespace tidbit::posix {

MemoryRegion::~MemoryRegion() { release(); }

bool MemoryRegion::allocate(uint64_t bytes) {
  release();
  const uint64_t wanted = bytes > 0 ? bytes : 1;
  if (wanted > SIZE_MAX / 2) return false;
  void *data = mmap(nullptr, static_cast<size_t>(wanted), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return false;
  data_ = data;
  bytes_ = static_cast<size_t>(wanted);
  return true;
}

void MemoryRegion::prefer_huge_pages() {
#ifdef MADV_HUGEPAGE
  if (data_ != nullptr) madvise(data_, bytes_, MADV_HUGEPAGE);
#endif
}

void MemoryRegion::release() {
  if (data_ != nullptr) munmap(data_, bytes_);
  data_ = nullptr;
  bytes_ = 0;
}

}  // namespace tidbit::posix
