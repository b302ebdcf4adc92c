// The steps of the forward pass. ARITHMETIC.md, "The decoder", specifies them.
#pragma once

#include "model/schedule.h"

namespace tidbit {

// A layer, and the slice of tokens that goes through it.
struct Layer {
  const TokenSlice &slice;
  const LayerView &weights;
  const KvLayer &kv;
  std::uint32_t index;

  const format::LayerKind &kind() const { return *weights.kind; }
  ConvolutionState convolution() const { return {kind(), slice.s.model.config().width, slice.s.limits, kv.memory()}; }
  std::uint32_t size(format::Dim dim) const { return size_of(dim, slice.s.model.config(), weights.kind); }
  const Activations &rows() const { return slice.s.memory.activations; }
  // The heads' outputs, after q, k and v.
  Rows mixed() const { return rows().inner.at(mixed_at(size(format::Dim::qkv))); }

  void observe(tidbit_point point, std::uint32_t width, const Rows &data) const {
    tidbit::observe(slice.s, index, point, slice.tokens.begin, slice.tokens.count(), width, data);
  }
};

// embedding.cpp: the residual stream of the slice's tokens (`tokens` are those of the chunk), and the angles of their
// positions.
void embed(const TokenSlice &slice, const std::int32_t *tokens);

// layer.cpp: begins a chunk.
void embed_chunk(Session &s, const std::int32_t *tokens, std::uint32_t count);
// Runs one layer of the current chunk. Its keys and values begin at byte `kv_offset` of the cache. Returns
// where those of the next layer begin.
std::uint64_t run_layer(Session &s, std::uint32_t index, std::uint64_t kv_offset, std::uint32_t count);
// The same in two steps, for layers that see all chunks of an encoder's texts. The first stores keys and values, unless
// s.stored, and leaves the queries in the inner vectors, where the second one finds them.
void begin_layer(Session &s, std::uint32_t index, std::uint32_t count);
void end_layer(Session &s, std::uint32_t index, std::uint32_t count);
// Normalizes the residual stream of a chunk as the head's input is normalized.
void finish_chunk(Session &s, std::uint32_t count);
// Computes the logits of vector `index` of the residual stream.
void compute_logits(Session &s, std::uint32_t index);

// norm.cpp: y[t] = norm(x[t]), of `width` channels; y may be x.
struct NormWeights {
  format::Norm norm;  // not none
  float epsilon;
  const float *weight, *bias;  // the bias may be null; the weights are null for a norm without weights
};
void normalize(const TokenSlice &slice, const NormWeights &norm, std::uint32_t width, const Rows &x, const Rows &y);

// heads.cpp: limits q, k and v, and normalizes the heads of q and k.
void clip(const Layer &layer);
void normalize_heads(const Layer &layer);

// rotary.cpp: rotates the queries and keys of the inner vectors by the angles of their positions.
void rotate(const Layer &layer);

// attention.cpp: stores the keys and values of the slice in the cache. Once those of the whole chunk are stored, attend
// computes the output of each query head from the positions that it sees, into the inner vectors after q, k and v.
void store_keys_values(const Layer &layer);
void attend(const Layer &layer);

// convolution.cpp: a short convolution over positions. store_products keeps B * x of the slice, convolve computes the
// mixer's output before its last projection into the inner vectors.
void store_products(const Layer &layer);
void convolve(const Layer &layer);

// ffn.cpp: the feed-forward network, from `in` into the sublayer vectors.
void feed_forward(const Layer &layer, const Rows &in);
void dense_feed_forward(const Layer &layer, const Rows &in);
// Activates elements [first, first + count) of the inner vectors. The factors of a gated network begin at `up_at`.
void activate(const Layer &layer, std::uint32_t first, std::uint32_t count, std::uint32_t up_at);

// experts.cpp: the same for a layer with experts. Reads the weights of those experts only that a token chose.
void run_experts(const Layer &layer, const Rows &in);

}  // namespace tidbit
