// Byte buffers with the alignment the library requires.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>

#include "tidbit/tidbit.h"

namespace tidbit::test {

class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(std::size_t bytes) : size_(bytes), data_(allocate(bytes)) { std::memset(data(), 0, bytes); }
  explicit AlignedBytes(std::span<const std::byte> from) : AlignedBytes(from.size()) {
    if (!from.empty()) std::memcpy(data(), from.data(), from.size());
  }

  std::byte *data() { return data_.get(); }
  const std::byte *data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<const std::byte> span() const { return {data(), size()}; }

 private:
  struct Release {
    void operator()(std::byte *p) const { ::operator delete[](p, std::align_val_t{TIDBIT_ALIGNMENT}); }
  };
  // Exactly the requested size, but at least one byte, so that a sanitizer detects any access past the end.
  static std::byte *allocate(std::size_t bytes) {
    return static_cast<std::byte *>(::operator new[](bytes == 0 ? 1 : bytes, std::align_val_t{TIDBIT_ALIGNMENT}));
  }

  std::size_t size_ = 0;
  std::unique_ptr<std::byte[], Release> data_;
};

}  // namespace tidbit::test
