// Hashing of whole blobs in pieces, so that the poll hook can serve a watchdog.
#pragma once

#include "base/types.h"
#include "tidbit/tidbit.h"

namespace tidbit {

inline constexpr std::size_t kPollBytes = 1024;

// Calls the hook (may be null) before each piece. Returns false if it asked to stop.
template <class Hash>
bool update_in_pieces(Hash &hash, const std::byte *data, std::uint64_t bytes, tidbit_poll poll, void *poll_user) {
  while (bytes > 0) {
    if (poll != nullptr && poll(poll_user) != 0) return false;
    const std::size_t take = bytes < kPollBytes ? static_cast<std::size_t>(bytes) : kPollBytes;
    hash.update(data, take);
    data += take;
    bytes -= take;
  }
  return true;
}

}  // namespace tidbit
