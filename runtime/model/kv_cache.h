// Keys and values of every position, layer after layer. A layer has one block per kv head. The parts of a block are
// multiples of 64 bytes:
//   keys     tiles of 16 positions: f32, f16 [tile][head_dim][16]; q8 [tile][ceil(head_dim / 4)][16][4]
//   values   [position][value_dim]
//   q8 only: key scales f32 [position], value scales f32 [position]
// Positions are rounded up to whole tiles. A tile is cleared when its first position is stored.
//
// A layer with a window keeps a ring of tiles: position p is in tile (p / 16) % tiles. The ring holds the positions
// that a chunk stores and those that its first token sees:
//
//   tiles     | 7: 112..127 | 8: 128..143 | 5: 80..95 | 6: 96..111 |     4 tiles; the next position is 140
#pragma once

#include "base/features.h"
#include "format/model.h"
#include "kernels/kernels.h"
#include "model/arena.h"

namespace tidbit {

// The options of a session, with defaults filled in.
struct Limits {
  std::uint32_t context, chunk, workers;
};

constexpr bool has_convolution(const format::LayerKind &kind) {
  return features::has(features::LayerPart::short_convolution) && kind.mixer == format::Mixer::short_convolution;
}
constexpr bool has_experts(const format::LayerKind &kind) {
  return features::has(features::LayerPart::experts) && kind.experts != 0;
}
// Whether the layer uses the keys and values of another one.
constexpr bool shares_kv(const format::LayerKind &kind) {
  return features::has(features::LayerPart::shared_kv) && kind.kv_layer != 0;
}
constexpr bool is_parallel(const format::LayerKind &kind) {
  return features::has(features::LayerPart::parallel) && kind.residual != format::Residual::serial;
}

// The first position that a query at `position` sees.
constexpr std::uint32_t first_seen(const format::LayerKind &kind, std::uint32_t position) {
  if constexpr (!features::has(features::LayerPart::window)) return 0;
  return kind.window != 0 && position >= kind.window ? position - kind.window + 1 : 0;
}

// The first position of the cache that a token at `position` needs, of keys and values the first of a whole tile.
constexpr std::uint32_t first_needed(const format::LayerKind &kind, std::uint32_t position) {
  if (has_convolution(kind)) return position + 1 < kind.taps ? 0 : position + 1 - kind.taps;
  return first_seen(kind, position) / format::kTileRows * format::kTileRows;
}

// A used part of a block, for saving.
struct KvSpan {
  std::byte *data;
  std::uint64_t bytes;
};

// A head's keys and values from some position on.
struct KvView {
  const void *k;
  const float *k_scales;  // q8
  const void *v;
  const float *v_scales;
};

// The cache of one layer.
class KvLayer {
 public:
  KvLayer(const format::LayerKind &kind, format::Format format, const Limits &limits, std::byte *memory);

  std::uint64_t bytes() const { return std::uint64_t{block_} * kv_heads_; }

  // Stores one head's key (head_dim floats) and value (value_dim floats).
  void store(const Kernels &kernels, std::uint32_t kv_head, std::uint32_t position, const float *key,
             const float *value) const;

  // From position `first` on, a multiple of 16.
  KvView view(std::uint32_t kv_head, std::uint32_t first) const;

  // How many positions from `first` on follow each other in memory.
  std::uint32_t run(std::uint32_t first) const { return positions_ - row(first); }

  // Whether a position is still there after position `written - 1` was stored, and those before it.
  bool holds(std::uint32_t position, std::uint32_t written) const {
    return position / format::kTileRows + positions_ / format::kTileRows > (written - 1) / format::kTileRows;
  }

  // The bytes that positions [first, end) of a head occupy: whole tiles of keys, rows of values. `first` is a multiple
  // of 16. Returns the number of spans.
  static constexpr std::uint32_t kSpans = 8;
  std::uint32_t spans(std::uint32_t kv_head, std::uint32_t first, std::uint32_t end, KvSpan out[kSpans]) const;

  std::byte *memory() const { return memory_; }
  std::uint32_t kv_heads() const { return kv_heads_; }
  format::Format format() const { return format_; }

 private:
  struct Block {
    std::byte *keys, *values;
    float *key_scales, *value_scales;  // q8
  };

  Block block(std::uint32_t kv_head) const;
  // Where a position is among those that there is room for.
  std::uint32_t row(std::uint32_t position) const {
    return features::has(features::LayerPart::window) ? position % positions_ : position;
  }
  void store_f16(const Kernels &kernels, std::uint16_t *tile, std::uint32_t column, const float *key) const;
  void store_q8(const Kernels &kernels, const Block &b, std::uint32_t position, const float *key,
                const float *value) const;

  std::byte *memory_;
  std::uint32_t positions_;                       // room for so many, in whole tiles
  std::uint32_t keys_, values_, scales_, block_;  // bytes: parts of a block, and the whole
  std::uint32_t kv_heads_, head_dim_, value_dim_;
  format::Format format_;
};

// The last inputs of a short convolution, a ring of positions: [position][width] f32.
class ConvolutionState {
 public:
  ConvolutionState(const format::LayerKind &kind, std::uint32_t width, const Limits &limits, std::byte *memory)
      : memory_(reinterpret_cast<float *>(memory)), width_(width), positions_(kind.taps - 1 + limits.chunk) {}

  std::uint64_t bytes() const {
    return format::round_up(std::uint64_t{positions_} * width_ * sizeof(float), format::kAlignment);
  }
  float *row(std::uint32_t position) const { return memory_ + std::size_t{position % positions_} * width_; }
  bool holds(std::uint32_t position, std::uint32_t written) const { return position + positions_ >= written; }

 private:
  float *memory_;
  std::uint32_t width_, positions_;
};

// The cache of all layers. Their sizes depend on their kinds, so the next layer begins where the bytes of this one end.
// In an encoder, no layer needs its keys and values once it is done, and all use the same bytes.
class KvCache {
 public:
  KvCache() = default;
  KvCache(const Model &model, const Limits &limits, Arena &arena);

  // The layer whose bytes begin at `offset`.
  KvLayer layer(const format::LayerKind &kind, std::uint64_t offset) const {
    return {kind, format_, limits_, memory_ + offset};
  }
  // The same for a layer of a short convolution.
  ConvolutionState convolution(const format::LayerKind &kind, std::uint32_t width, std::uint64_t offset) const {
    return {kind, width, limits_, memory_ + offset};
  }
  // The bytes that a layer has of its own, whatever its mixer.
  std::uint64_t bytes(const format::LayerKind &kind, std::uint32_t width) const {
    if (shares_kv(kind)) return 0;
    return has_convolution(kind) ? convolution(kind, width, 0).bytes() : layer(kind, 0).bytes();
  }
  // Where the bytes of layer `index` begin.
  std::uint64_t offset_of(const Model &model, std::uint32_t index) const {
    std::uint64_t offset = 0;
    for (std::uint32_t i = 0; i < index; ++i) offset += bytes(model.kind(i), model.config().width);
    return offset;
  }

 private:
  std::byte *memory_ = nullptr;
  Limits limits_ = {};
  format::Format format_ = format::Format::f32;
};

}  // namespace tidbit
