// XXH64 (Yann Collet, https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md) with seed 0: the checksum of the format.
#pragma once

#include "base/types.h"

namespace tidbit {

std::uint64_t hash64(const void *data, std::size_t bytes);

// The same, for data that comes in pieces. The digest does not depend on how the data is split.
class Hash64 {
 public:
  void update(const void *data, std::size_t bytes);
  std::uint64_t digest() const;

 private:
  void absorb(const unsigned char *stripe);

  std::uint64_t lanes_[4] = {0x60EA27EEADC0B5D6u, 0xC2B2AE3D27D4EB4Fu, 0, 0x61C8864E7A143579u};
  std::uint64_t total_ = 0;
  unsigned char held_[32] = {};
  std::uint32_t held_bytes_ = 0;
};

}  // namespace tidbit
