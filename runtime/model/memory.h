// What is in a session's memory parts, and where.
#pragma once

#include "kernels/kernels.h"
#include "model/arena.h"
#include "model/kv_cache.h"

namespace tidbit {

inline constexpr std::uint32_t kDefaultChunk = 16;
inline constexpr std::uint32_t kMaxChunk = 256;
inline constexpr std::uint32_t kMaxWorkers = 64;
inline constexpr std::uint32_t kQueryBlock = 8;     // most attention queries computed together
inline constexpr std::uint64_t kStateBytes = 1024;  // the same on 32 and 64 bits

// Fills in the defaults. TIDBIT_ERR_ARGUMENT if an option is out of range.
tidbit_status resolve(const Model &model, const tidbit_options &options, Limits *limits);

// Vectors, one per token, `stride` floats apart, each aligned to 64 bytes.
struct Rows {
  float *data;
  std::size_t stride;

  float *operator[](std::uint32_t i) const { return data + i * stride; }
  Rows at(std::size_t channel) const { return {data + channel, stride}; }
};

// Vectors of the current chunk.
struct Activations {
  Rows hidden;    // the residual stream, width floats; after a chunk, the input of the logits; in an encoder that of
                  // all tokens, of which a chunk uses a part
  Rows sublayer;  // a sublayer's input or output, width floats
  Rows inner;     // q, k, v and the heads' outputs, or the inner vector of the feed-forward
  Rows cos, sin;  // rotary_pairs floats for each rotary table
  QuantizedRows quantized;
  // Only if a layer has parallel sublayers, or experts.
  Rows side;      // the mixer's output until both sublayers are done; or the sum over experts; width floats
  Rows gathered;  // inputs of the tokens that chose an expert; width floats
  Rows expert;    // an expert's output; width floats
  Rows router;    // logits of the experts, then the weights of those that a token chose
};

// Where the heads' outputs begin in an inner vector, after q, k and v.
constexpr std::uint32_t mixed_at(std::uint32_t qkv) {
  return format::round_up(qkv, format::kAlignment / sizeof(float));
}

// Bytes of a query's codes.
constexpr std::uint32_t code_stride(const format::LayerKind &kind) {
  return format::round_up(kind.head_dim, format::kAlignment);
}

// Each worker has its own: the attention scores of the queries computed together and, if the cache is q8, the queries'
// codes.
struct Scratch {
  std::byte *data;
  std::uint64_t stride;       // bytes from one worker to the next
  std::size_t score_stride;   // floats from one query's scores to the next: whole tiles of positions
  std::uint64_t score_bytes;  // where the codes begin
};

struct Workspace {
  KvCache kv;
  Activations activations;
  float *logits;  // [vocab_size]
  Scratch scratch;
};

// Divides up the memory parts. With arenas that only count, this is the plan; with memory, it is the initialization.
Workspace carve(const Model &model, const Limits &limits, Arena (&arenas)[TIDBIT_PART_COUNT]);

}  // namespace tidbit
