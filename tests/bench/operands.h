// Operands for measuring kernels: vectors, and weights that are read from memory rather than from a cache.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>

#include "format/format.h"
#include "posix/memory_region.h"
#include "tests/support/aligned.h"

namespace tidbit::bench {

template <class T>
class Array {
 public:
  explicit Array(std::size_t count, T value = {}) : bytes_(count * sizeof(T)) {
    for (std::size_t i = 0; i < count; ++i) data()[i] = value;
  }
  T *data() { return reinterpret_cast<T *>(bytes_.data()); }

 private:
  test::AlignedBytes bytes_;
};

// Floats between -1 and 1, never subnormal.
inline Array<float> some_floats(std::size_t count) {
  Array<float> floats(count);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    floats.data()[i] = (static_cast<float>(state >> 8) + 0.5f) * 0x1p-23f - 1.0f;
  }
  return floats;
}

// A region larger than any cache, filled so that it can serve as weights of any format: every byte is from 0x20 to
// 0x3B, so at any position it gives normal numbers, both as f32 and as f16. Uses small pages, like a mapped file.
class Storage {
 public:
  explicit Storage(std::uint64_t bytes) {
    if (!region_.allocate(bytes)) throw std::bad_alloc();
    madvise(region_.data(), region_.bytes(), MADV_NOHUGEPAGE);
    std::uint64_t state = 1;
    for (std::uint64_t at = 0; at + sizeof state <= region_.bytes(); at += sizeof state) {
      state = state * 6364136223846793005 + 1442695040888963407;
      const std::uint64_t word = ((state ^ state >> 29) & 0x1B1B1B1B1B1B1B1B) | 0x2020202020202020;
      std::memcpy(static_cast<std::byte *>(region_.data()) + at, &word, sizeof word);
    }
  }
  const std::byte *data() const { return static_cast<const std::byte *>(region_.data()); }
  std::uint64_t bytes() const { return region_.bytes(); }

 private:
  posix::MemoryRegion region_;
};

// Returns pieces of the storage one after another, then starts again, so that a piece is not in a cache when it is
// read.
class Walk {
 public:
  Walk(const Storage &storage, std::uint64_t piece) : storage_(storage), piece_(format::round_up(piece, 4096)) {}

  const std::byte *next() {
    if (at_ + piece_ > storage_.bytes()) at_ = 0;
    const std::byte *here = storage_.data() + at_;
    at_ += piece_;
    return here;
  }

 private:
  const Storage &storage_;
  std::uint64_t piece_, at_ = 0;
};

}  // namespace tidbit::bench
