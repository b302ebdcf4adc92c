#include "base/hash.h"

#include <string.h>

#include "tidbit/tidbit.h"

namespace tidbit {
namespace {

constexpr std::uint64_t kPrimes[] = {0,
                                     0x9E3779B185EBCA87u,
                                     0xC2B2AE3D27D4EB4Fu,
                                     0x165667B19E3779F9u,
                                     0x85EBCA77C2B2AE63u,
                                     0x27D4EB2F165667C5u};  // numbered from 1, as in the paper
constexpr std::uint32_t kStripe = 32;

constexpr std::uint64_t rotate(std::uint64_t x, int by) { return x << by | x >> (64 - by); }

// Out of line where size counts: constants and products of 64 bits are long code on a 32-bit core.
#ifdef __OPTIMIZE_SIZE__
[[gnu::noinline]]
#endif
std::uint64_t
times(std::uint64_t x, int prime) {
  return x * kPrimes[prime];
}

std::uint64_t round_of(std::uint64_t lane, std::uint64_t input) { return times(rotate(lane + times(input, 2), 31), 1); }

std::uint64_t read(const unsigned char *p, std::size_t bytes) {
  std::uint64_t value = 0;
  __builtin_memcpy(&value, p, bytes);  // one load if `bytes` is a constant; a plain memcpy would be a call
  return value;
}

// The last 0 to 31 bytes, then the avalanche.
std::uint64_t finish(std::uint64_t h, const unsigned char *p, std::uint32_t rest) {
  for (; rest >= 8; p += 8, rest -= 8) h = times(rotate(h ^ round_of(0, read(p, 8)), 27), 1) + kPrimes[4];
  if (rest >= 4) {
    h = times(rotate(h ^ times(read(p, 4), 1), 23), 2) + kPrimes[3];
    p += 4;
    rest -= 4;
  }
  for (; rest > 0; ++p, --rest) h = times(rotate(h ^ times(*p, 5), 11), 1);
  h = times(h ^ h >> 33, 2);
  h = times(h ^ h >> 29, 3);
  return h ^ h >> 32;
}

}  // namespace

void Hash64::absorb(const unsigned char *stripe) {
  for (std::size_t i = 0; i < 4; ++i) lanes_[i] = round_of(lanes_[i], read(stripe + 8 * i, 8));
}

void Hash64::update(const void *data, std::size_t bytes) {
  const auto *p = static_cast<const unsigned char *>(data);
  total_ += bytes;
  if (held_bytes_ != 0) {
    const std::size_t room = kStripe - held_bytes_;
    const std::size_t take = bytes < room ? bytes : room;
    memcpy(held_ + held_bytes_, p, take);
    held_bytes_ += static_cast<std::uint32_t>(take);
    p += take;
    bytes -= take;
    if (held_bytes_ < kStripe) return;
    absorb(held_);
    held_bytes_ = 0;
  }
  for (; bytes >= kStripe; p += kStripe, bytes -= kStripe) absorb(p);
  if (bytes != 0) memcpy(held_, p, bytes);
  held_bytes_ = static_cast<std::uint32_t>(bytes);
}

std::uint64_t Hash64::digest() const {
  std::uint64_t h = kPrimes[5];
  if (total_ >= kStripe) {
    h = rotate(lanes_[0], 1) + rotate(lanes_[1], 7) + rotate(lanes_[2], 12) + rotate(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) h = times(h ^ round_of(0, lane), 1) + kPrimes[4];
  }
  return finish(h + total_, held_, held_bytes_);
}

std::uint64_t hash64(const void *data, std::size_t bytes) {
  Hash64 hash;
  hash.update(data, bytes);
  return hash.digest();
}

}  // namespace tidbit

extern "C" uint64_t tidbit_hash(const void *data, size_t bytes) {
  return tidbit::hash64(data, data == nullptr ? 0 : bytes);
}
