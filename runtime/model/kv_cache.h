// Keys and values of every position, layer after layer. A layer has one block per kv head. The parts of a block are
// multiples of 64 bytes:
//   keys     tiles of 16 positions: f32, f16 [tile][head_dim][16]; q8 [tile][ceil(head_dim / 4)][16][4]
//   values   [position][value_dim]
//   q8 only: key scales f32 [position], value scales f32 [position]
// Positions are rounded up to whole tiles. A tile is cleared when its first position is stored.
#pragma once

#include "format/model.h"
#include "kernels/kernels.h"
#include "model/arena.h"

namespace tidbit {

// A used part of a block, for saving.
struct KvSpan {
  std::byte *data;
  std::uint64_t bytes;
};

// The cache of one layer.
class KvLayer {
 public:
  KvLayer(const format::LayerKind &kind, format::Format format, std::uint32_t context, std::byte *memory);

  std::uint64_t bytes() const { return std::uint64_t{block_} * kv_heads_; }

  // Stores one head's key (head_dim floats) and value (value_dim floats).
  void store(const Kernels &kernels, std::uint32_t kv_head, std::uint32_t position, const float *key,
             const float *value) const;

  // Sets the pointers to a head's keys and values: k, k_scales, v and v_scales.
  void view(std::uint32_t kv_head, Scores *scores, Mix *mix) const;

  // The bytes that `positions` positions of a head occupy: whole tiles of keys, rows of values. Returns the number of
  // spans.
  static constexpr std::uint32_t kSpans = 4;
  std::uint32_t spans(std::uint32_t kv_head, std::uint32_t positions, KvSpan out[kSpans]) const;

  std::uint32_t kv_heads() const { return kv_heads_; }
  format::Format format() const { return format_; }

 private:
  struct Block {
    std::byte *keys, *values;
    float *key_scales, *value_scales;  // q8
  };

  Block block(std::uint32_t kv_head) const;
  void store_f16(const Kernels &kernels, std::uint16_t *tile, std::uint32_t column, const float *key) const;
  void store_q8(const Kernels &kernels, const Block &b, std::uint32_t position, const float *key,
                const float *value) const;

  std::byte *memory_;
  std::uint32_t keys_, values_, scales_, block_;  // bytes: parts of a block, and the whole
  std::uint32_t kv_heads_, head_dim_, value_dim_;
  format::Format format_;
};

// The cache of all layers. Their sizes depend on their kinds, so the next layer begins where the bytes of this one end.
class KvCache {
 public:
  KvCache() = default;
  KvCache(const Model &model, std::uint32_t context, Arena &arena);

  // The layer whose bytes begin at `offset`.
  KvLayer layer(const format::LayerKind &kind, std::uint64_t offset) const {
    return {kind, format_, context_, memory_ + offset};
  }

 private:
  std::byte *memory_ = nullptr;
  std::uint32_t context_ = 0;
  format::Format format_ = format::Format::f32;
};

}  // namespace tidbit
