// A session as it is stored in the memory part STATE.
#pragma once

#include "base/arith.h"
#include "base/features.h"
#include "model/memory.h"

namespace tidbit {

// Texts whose tokens follow each other in an encoder's cache.
struct Texts {
  const std::uint32_t *ends = nullptr;  // [count], ascending: where each ends
  std::uint32_t count = 0;

  // Where the text of a position begins and ends.
  struct Place {
    std::uint32_t begin, end;
  };
  Place of(std::uint32_t position) const {
    std::uint32_t low = 0, high = count - 1;
    while (low < high) {
      const std::uint32_t middle = (low + high) / 2;
      if (ends[middle] <= position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return {low == 0 ? 0 : ends[low - 1], ends[low]};
  }
};

}  // namespace tidbit

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
  std::uint32_t poll_work;       // multiply-adds between two calls of the poll hook; 0: not counted
  std::uint32_t poll_left;       // until the next call
  bool running;                  // a call computes, and hooks may be called
  bool canceled;                 // by the poll hook, for the rest of the call
  std::uint32_t written;         // the end of the positions that were ever stored in the cache since a reset
  std::uint32_t restored;        // position of the image that was restored; 0: none
  tidbit::Texts texts;           // of an encoder, for as long as it runs
  bool stored;                   // the layer's keys and values of all texts are in the cache
  std::uint32_t encoded;         // tokens whose vectors an encoder has
};
static_assert(sizeof(tidbit_session) <= tidbit::kStateBytes);

namespace tidbit {

// Whether a cache may be a ring, which forgets.
inline constexpr bool kHasRings =
    features::has(features::LayerPart::window) || features::has(features::LayerPart::short_convolution);

inline constexpr std::uint32_t kDefaultPollWork = 65536;

using Session = tidbit_session;

// What every function that changes, saves or restores a session checks first.
tidbit_status check_idle(const Session *s);

// Whether the tokens fit behind the session's position, and each is in the vocabulary.
inline tidbit_status check_tokens(const Session &s, const std::int32_t *tokens, std::uint32_t count) {
  if (count > s.limits.context - s.position) return TIDBIT_ERR_CONTEXT_FULL;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (static_cast<std::uint32_t>(tokens[i]) >= s.model.config().vocab_size) return TIDBIT_ERR_TOKEN;
  }
  return TIDBIT_OK;
}

// Marks the session as running for as long as it exists.
class Running {
 public:
  explicit Running(Session &s) : s_(s) {
    s.running = true;
    s.canceled = false;
    s.poll_left = s.poll_work;
  }
  Running(const Running &) = delete;
  ~Running() { s_.running = false; }

 private:
  Session &s_;
};

// Calls the poll hook.
void poll(Session &s);

// Comes before a step that takes as long as `work` multiply-adds of codes. Calls the poll hook if the work since its
// last call would otherwise exceed the limit. After false, the chunk is canceled and its vectors are not needed.
bool pace(Session &s, std::uint64_t work);

// What a multiply-add of float weights counts, one of attention, and an element that is activated, quantized or
// embedded: much without an FPU.
inline constexpr std::uint32_t kFloatWork = kFusesInHardware || kHasDoubles ? 1 : 32;
inline constexpr std::uint32_t kAttentionWork = kFloatWork == 1 ? 4 : kFloatWork;
inline constexpr std::uint32_t kActivationWork = 16 * kFloatWork;

// Passes `count` vectors to the caller's hook. Compiled out of firmware.
inline void observe_vectors(const Session &s, std::uint32_t layer, tidbit_point point, std::uint32_t first,
                            std::uint32_t count, std::uint32_t width, std::size_t stride, const float *data) {
  if constexpr (features::kInspect) {
    if (s.observe != nullptr) s.observe(s.observe_user, layer, point, first, count, width, stride, data);
  }
}

// The same for vectors [first, first + count) of a chunk.
inline void observe(const Session &s, std::uint32_t layer, tidbit_point point, std::uint32_t first, std::uint32_t count,
                    std::uint32_t width, const Rows &rows) {
  observe_vectors(s, layer, point, first, count, width, rows.stride, rows[first]);
}

}  // namespace tidbit
