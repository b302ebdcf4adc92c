// Keys and values of every position. For each (layer, kv head) one block, its parts each a multiple of 64 bytes:
//   keys     tiles of 16 positions: f32, f16 [tile][head_dim][16]; q8 [tile][ceil(head_dim / 4)][16][4]
//   values   [position][head_dim]
//   q8 only: key scales f32 [position], value scales f32 [position]
// Positions are rounded up to whole tiles. A tile is cleared when its first position is stored.
#pragma once

#include "format/blob.h"
#include "kernels/kernels.h"

namespace tidbit {

// The parts of one block that hold something, for saving; q8 has four, else two.
struct KvSpan {
  std::byte *data;
  std::uint64_t bytes;
};

class KvCache {
 public:
  KvCache() = default;
  KvCache(const format::Config &config, std::uint32_t context, std::byte *memory);

  static std::uint64_t bytes(const format::Config &config, std::uint32_t context);

  // Stores one head's key and value, head_dim floats each.
  void store(const Kernels &kernels, std::uint32_t layer, std::uint32_t kv_head, std::uint32_t position,
             const float *key, const float *value);

  // Fills in k, k_scales and v, v_scales of a head for the kernels.
  void view(std::uint32_t layer, std::uint32_t kv_head, Scores *scores, Mix *mix) const;

  format::Dtype dtype() const { return dtype_; }

  // What `positions` positions of a block occupy: whole tiles of keys, rows of values.
  static constexpr std::uint32_t kSpans = 4;
  std::uint32_t spans(std::uint32_t index, std::uint32_t positions, KvSpan out[kSpans]) const;
  std::uint32_t blocks() const { return layers_ * kv_heads_; }

 private:
  struct Block {
    std::byte *keys, *values;
    float *key_scales, *value_scales;  // q8
  };
  struct Sizes {
    std::uint64_t keys, values, scales, block;
  };

  static Sizes sizes(const format::Config &config, std::uint32_t context);
  Block block(std::uint32_t index) const;
  void store_q8(const Kernels &kernels, const Block &b, std::uint32_t position, const float *key, const float *value);

  std::byte *memory_ = nullptr;
  Sizes sizes_{};
  std::uint32_t layers_ = 0;
  std::uint32_t kv_heads_ = 0;
  std::uint32_t head_dim_ = 0;
  format::Dtype dtype_ = format::Dtype::f32;
};

}  // namespace tidbit
