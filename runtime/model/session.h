// A session as it lies in the STATE part, and the places of its vectors in the other parts.
#pragma once

#include "format/blob.h"
#include "kernels/kernels.h"
#include "model/kv_cache.h"

namespace tidbit {

inline constexpr std::uint32_t kDefaultChunk = 16;
inline constexpr std::uint32_t kMaxChunk = 256;
inline constexpr std::uint32_t kMaxWorkers = 64;
inline constexpr std::uint32_t kQueryBlock = 8;     // attention queries worked on together, at most
inline constexpr std::uint64_t kStateBytes = 1024;  // the same on 32 and 64 bits

// Sizes of the activations of a chunk. Strides are in elements; every row starts on 64 bytes.
struct ActivationSizes {
  std::uint64_t hidden_stride;  // the residual stream and a sublayer's input or output, width floats each
  std::uint64_t inner_stride;   // floats: q, k, v and the attention's output, or the FFN's inner vector
  std::uint64_t attention_at;   // floats from a row's start to the attention's output
  std::uint64_t angle_stride;   // floats: cosines, and as many sines
  std::uint64_t code_stride;    // q8, q4: bytes
  std::uint64_t group_stride;   // q8, q4: scales
};

ActivationSizes activation_sizes(const Model &model);

// Options with defaults filled in; TIDBIT_ERR_ARGUMENT where one is out of range.
struct Limits {
  std::uint32_t context, chunk, workers;
};
tidbit_status resolve(const Model &model, const tidbit_options &options, Limits *limits);

// Floats from one query's scores to the next one's: whole tiles of positions.
constexpr std::uint64_t score_stride(std::uint32_t context) { return format::round_up(context, format::kTileRows); }

// Bytes per worker: the scores of the queries that are worked on together, then their codes where the cache is q8.
struct ScratchSizes {
  std::uint64_t score_bytes;
  std::uint64_t stride;
};
ScratchSizes scratch_sizes(const format::Config &config, const Limits &limits);

struct Activations {
  float *hidden;     // [chunk][hidden_stride]: the residual stream; after a chunk, what the logits are made of
  float *sublayer;   // [chunk][hidden_stride]
  float *inner;      // [chunk][inner_stride]
  float *cos, *sin;  // [chunk][angle_stride]
  QuantizedRows quantized;
};

}  // namespace tidbit

struct tidbit_session {
  tidbit::Model model;
  const tidbit::Kernels *kernels;
  tidbit::KvCache kv;
  tidbit::ActivationSizes sizes;
  tidbit::Activations activations;
  float *logits;
  std::byte *scratch;
  tidbit::ScratchSizes scratch_sizes;
  tidbit::Limits limits;
  tidbit_parallel_for parallel_for;
  void *parallel_user;
  tidbit_poll poll;
  void *poll_user;
  std::uint32_t position;  // positions in the KV cache
  std::uint32_t segment;
  std::uint32_t chunk_tokens;    // tokens of the last whole chunk, whose hidden vectors are there; 0: none
  std::uint32_t pending_tokens;  // tokens of the chunk in work; 0: none
  std::uint32_t pending_layer;   // its next layer
};
static_assert(sizeof(tidbit_session) <= tidbit::kStateBytes);

namespace tidbit {

using Session = tidbit_session;

// forward.cpp
void embed_chunk(Session &s, const std::int32_t *tokens, std::uint32_t count);
void run_layer(Session &s, std::uint32_t layer, std::uint32_t count);
void compute_logits(Session &s, std::uint32_t index);

// attention.cpp: keys and values of the chunk into the cache, then its attention into the inner rows.
void attend(Session &s, std::uint32_t layer, std::uint32_t count);

// Runs body(i) for i below `parts` on the caller's threads, or here where there are none.
template <class Body>
void parallel(Session &s, std::uint32_t parts, Body body) {
  if (s.parallel_for == nullptr || parts < 2) {
    for (std::uint32_t i = 0; i < parts; ++i) body(i);
    return;
  }
  const auto task = [](void *context, std::uint32_t i) { (*static_cast<Body *>(context))(i); };
  s.parallel_for(s.parallel_user, task, &body, parts);
}

// Weights that a task must read, or as much work, to be worth handing to another thread: about a microsecond.
inline constexpr std::uint64_t kLeastTaskBytes = std::uint64_t{16} << 10;

// Into how many tasks a step of `units` that cannot be divided is cut: no more than the workers.
inline std::uint32_t task_count(const Session &s, std::uint32_t units, std::uint64_t bytes) {
  const std::uint64_t worth = bytes / kLeastTaskBytes;
  std::uint32_t parts = units < s.limits.workers ? units : s.limits.workers;
  if (worth < parts) parts = static_cast<std::uint32_t>(worth);
  return parts == 0 ? 1 : parts;
}

// The i-th of `parts` nearly equal ranges of `count`.
struct Share {
  std::uint32_t begin, end;
};
constexpr Share share_of(std::uint32_t count, std::uint32_t parts, std::uint32_t i) {
  if (parts == 1) return {0, count};
  const auto at = [&](std::uint64_t k) { return static_cast<std::uint32_t>(count * k / parts); };
  return {at(i), at(i + 1)};
}

}  // namespace tidbit
