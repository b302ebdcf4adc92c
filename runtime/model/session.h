// A session as it is stored in the memory part STATE.
#pragma once

#include "base/features.h"
#include "model/memory.h"

struct tidbit_session {
  tidbit::Model model;
  const tidbit::Kernels *kernels;
  tidbit::Workspace memory;
  tidbit::Limits limits;
  tidbit_parallel_for parallel_for;
  void *parallel_user;
  tidbit_poll poll;
  void *poll_user;
  tidbit_observe observe;
  void *observe_user;
  std::uint32_t position;  // positions in the KV cache
  std::uint32_t segment;
  std::uint32_t chunk_tokens;    // tokens of the last whole chunk, whose hidden vectors are available; 0: none
  std::uint32_t pending_tokens;  // tokens of the unfinished chunk; 0: none
  std::uint32_t pending_layer;   // its next layer
  std::uint64_t pending_kv;      // where that layer's cache begins
};
static_assert(sizeof(tidbit_session) <= tidbit::kStateBytes);

namespace tidbit {

using Session = tidbit_session;

// Passes vectors [first, first + count) of a chunk to the caller's hook. Compiled out of firmware.
inline void observe(const Session &s, std::uint32_t layer, tidbit_point point, std::uint32_t first, std::uint32_t count,
                    std::uint32_t width, const Rows &rows) {
  if constexpr (features::kInspect) {
    if (s.observe == nullptr) return;
    s.observe(s.observe_user, layer, point, first, count, width, rows.stride, rows[first]);
  }
}

}  // namespace tidbit
