// SHA-512 (FIPS 180-4), for data that comes in pieces.
#pragma once

#include "base/types.h"

namespace tidbit {

class Sha512 {
 public:
  static constexpr std::size_t kBytes = 64;

  Sha512();
  void update(const void *data, std::size_t bytes);
  void finish(std::uint8_t (&digest)[kBytes]);  // the object must not be used afterwards

 private:
  static constexpr std::size_t kBlock = 128;
  void absorb(const unsigned char *block);

  std::uint64_t state_[8];
  std::uint64_t total_ = 0;  // bytes
  unsigned char held_[kBlock];
};

}  // namespace tidbit
