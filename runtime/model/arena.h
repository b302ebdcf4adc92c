// Hands out consecutive pieces of one memory part. Without memory it only counts the bytes, and hands out null. The
// plan and init run the same code, so their figures cannot differ.
#pragma once

#include "format/format.h"

namespace tidbit {

class Arena {
 public:
  explicit Arena(void *memory = nullptr) : memory_(static_cast<std::byte *>(memory)) {}

  // `count` elements, aligned to 64 bytes.
  template <class T>
  T *take(std::uint64_t count) {
    return reinterpret_cast<T *>(take_bytes(count * sizeof(T)));
  }

  std::uint64_t used() const { return used_; }

 private:
  std::byte *take_bytes(std::uint64_t bytes);

  std::byte *memory_;
  std::uint64_t used_ = 0;
};

}  // namespace tidbit
