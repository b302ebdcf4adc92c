#include "model/kv_cache.h"

#include <cstring>

#include "format/features.h"

namespace tidbit {
namespace {

using format::Dtype;
using format::kTileRows;

constexpr std::uint64_t aligned(std::uint64_t bytes) { return format::round_up(bytes, format::kAlignment); }

constexpr std::uint64_t key_tile_bytes(Dtype dtype, std::uint32_t head_dim) {
  return kTileRows * (dtype == Dtype::q8 ? format::round_up(head_dim, 4) : head_dim * format::element_bytes(dtype));
}

// One position's key into its column of a tile.
template <class T>
void scatter(T *tile, std::uint32_t column, const T *key, std::uint32_t head_dim) {
  for (std::uint32_t d = 0; d < head_dim; ++d) tile[format::tile_element(column, d)] = key[d];
}

}  // namespace

KvCache::Sizes KvCache::sizes(const format::Config &config, std::uint32_t context) {
  const std::uint64_t positions = format::round_up(context, kTileRows);
  Sizes s{};
  s.keys = aligned(positions / kTileRows * key_tile_bytes(config.kv, config.head_dim));
  s.values = aligned(positions * config.head_dim * format::element_bytes(config.kv));
  s.scales = config.kv == Dtype::q8 ? aligned(positions * sizeof(float)) : 0;
  s.block = s.keys + s.values + 2 * s.scales;
  return s;
}

std::uint64_t KvCache::bytes(const format::Config &config, std::uint32_t context) {
  return sizes(config, context).block * config.layers * config.kv_heads;
}

KvCache::KvCache(const format::Config &config, std::uint32_t context, std::byte *memory)
    : memory_(memory),
      sizes_(sizes(config, context)),
      layers_(config.layers),
      kv_heads_(config.kv_heads),
      head_dim_(config.head_dim),
      dtype_(config.kv) {}

KvCache::Block KvCache::block(std::uint32_t index) const {
  std::byte *start = memory_ + sizes_.block * index;
  std::byte *scales = start + sizes_.keys + sizes_.values;
  return {start, start + sizes_.keys, reinterpret_cast<float *>(scales),
          reinterpret_cast<float *>(scales + sizes_.scales)};
}

void KvCache::view(std::uint32_t layer, std::uint32_t kv_head, Scores *scores, Mix *mix) const {
  const Block b = block(layer * kv_heads_ + kv_head);
  const bool scaled = dtype_ == Dtype::q8;
  scores->k = b.keys;
  scores->k_scales = scaled ? b.key_scales : nullptr;
  mix->v = b.values;
  mix->v_scales = scaled ? b.value_scales : nullptr;
}

void KvCache::store(const Kernels &kernels, std::uint32_t layer, std::uint32_t kv_head, std::uint32_t position,
                    const float *key, const float *value) {
  const Block b = block(layer * kv_heads_ + kv_head);
  const auto tile_bytes = static_cast<std::size_t>(key_tile_bytes(dtype_, head_dim_));
  std::byte *tile = b.keys + position / kTileRows * tile_bytes;
  const std::uint32_t column = position % kTileRows;
  if (column == 0) std::memset(tile, 0, tile_bytes);

  const std::size_t row = std::size_t{position} * head_dim_;
  if (features::has_kv(Dtype::q8) && dtype_ == Dtype::q8) {
    store_q8(kernels, b, position, key, value);
  } else if (features::has_kv(Dtype::f16) && dtype_ == Dtype::f16) {
    std::uint16_t half[format::kMaxHeadDim];
    kernels.to_f16(key, head_dim_, half);
    scatter(reinterpret_cast<std::uint16_t *>(tile), column, half, head_dim_);
    kernels.to_f16(value, head_dim_, reinterpret_cast<std::uint16_t *>(b.values) + row);
  } else if constexpr (features::has_kv(Dtype::f32)) {
    scatter(reinterpret_cast<float *>(tile), column, key, head_dim_);
    std::memcpy(reinterpret_cast<float *>(b.values) + row, value, head_dim_ * sizeof(float));
  }
}

void KvCache::store_q8(const Kernels &kernels, const Block &b, std::uint32_t position, const float *key,
                       const float *value) {
  std::int8_t codes[format::kMaxHeadDim];
  CodeSums sums[format::kMaxHeadDim / format::kPair];
  auto *tile = reinterpret_cast<std::int8_t *>(b.keys) + position / kTileRows * key_tile_bytes(dtype_, head_dim_);
  kernels.quantize(key, head_dim_, head_dim_, codes, b.key_scales + position, sums);
  for (std::uint32_t d = 0; d < head_dim_; ++d)
    tile[format::q8_code<format::Layout::tile16>(position % kTileRows, d)] = codes[d];
  kernels.quantize(value, head_dim_, head_dim_, codes, b.value_scales + position, sums);
  std::memcpy(b.values + std::size_t{position} * head_dim_, codes, head_dim_);
}

std::uint32_t KvCache::spans(std::uint32_t index, std::uint32_t positions, KvSpan out[kSpans]) const {
  const Block b = block(index);
  const std::uint64_t tiles = format::tile_count(positions);
  out[0] = {b.keys, tiles * key_tile_bytes(dtype_, head_dim_)};
  out[1] = {b.values, std::uint64_t{positions} * head_dim_ * format::element_bytes(dtype_)};
  if (dtype_ != Dtype::q8) return 2;
  out[2] = {reinterpret_cast<std::byte *>(b.key_scales), positions * sizeof(float)};
  out[3] = {reinterpret_cast<std::byte *>(b.value_scales), positions * sizeof(float)};
  return 4;
}

}  // namespace tidbit
