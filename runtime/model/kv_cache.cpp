#include "model/kv_cache.h"

#include <string.h>

#include "base/features.h"
#include "format/floats.h"
#include "format/q8.h"

namespace tidbit {
namespace {

using format::Format;
using format::kTileRows;

constexpr std::uint32_t aligned(std::uint32_t bytes) { return format::round_up(bytes, format::kAlignment); }

// 32 bits are enough: at most 2^20 positions of 256 floats.
constexpr std::uint32_t value_bytes(Format format, std::uint32_t count) {
  return format == Format::q8 ? count : static_cast<std::uint32_t>(format::plain_bytes(format, count));
}

constexpr std::uint32_t key_tile_bytes(Format format, std::uint32_t head_dim) {
  return kTileRows * value_bytes(format, format == Format::q8 ? format::round_up(head_dim, format::Q8::run) : head_dim);
}

// Writes one position's key into its column of a tile.
template <class T>
void scatter(T *tile, std::uint32_t column, const T *key, std::uint32_t head_dim) {
  for (std::uint32_t d = 0; d < head_dim; ++d) tile[format::tile_element(column, d)] = key[d];
}

}  // namespace

// The tiles of the whole context, or of a ring: those that window + chunk - 1 positions can touch.
static std::uint32_t room_for(const format::LayerKind &kind, const Limits &limits) {
  const std::uint32_t whole = format::round_up(limits.context, kTileRows);
  if constexpr (!features::has(features::LayerPart::window)) return whole;
  const std::uint32_t ring = format::round_up(kind.window + limits.chunk - 2, kTileRows) + kTileRows;
  return kind.window != 0 && ring < whole ? ring : whole;
}

KvLayer::KvLayer(const format::LayerKind &kind, Format format, const Limits &limits, std::byte *memory)
    : memory_(memory),
      positions_(room_for(kind, limits)),
      kv_heads_(kind.kv_heads),
      head_dim_(kind.head_dim),
      value_dim_(kind.value_dim),
      format_(format) {
  const std::uint32_t positions = positions_;
  keys_ = aligned(positions / kTileRows * key_tile_bytes(format, head_dim_));
  values_ = aligned(value_bytes(format, positions * value_dim_));
  scales_ = format == Format::q8 ? aligned(positions * static_cast<std::uint32_t>(sizeof(float))) : 0;
  block_ = keys_ + values_ + 2 * scales_;
}

KvCache::KvCache(const Model &model, const Limits &limits, Arena &arena) : limits_(limits), format_(model.config().kv) {
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < model.layers(); ++i) {
    const std::uint64_t own = bytes(model.kind(i), model.config().width);
    total = !model.is_encoder() ? total + own : own > total ? own : total;
  }
  memory_ = arena.take<std::byte>(total);
}

KvLayer::Block KvLayer::block(std::uint32_t kv_head) const {
  std::byte *start = memory_ + std::uint64_t{block_} * kv_head;
  std::byte *scales = start + keys_ + values_;
  return {start, start + keys_, reinterpret_cast<float *>(scales), reinterpret_cast<float *>(scales + scales_)};
}

KvView KvLayer::view(std::uint32_t kv_head, std::uint32_t first) const {
  const Block b = block(kv_head);
  const bool scaled = format_ == Format::q8;
  KvView view{b.keys, scaled ? b.key_scales : nullptr, b.values, scaled ? b.value_scales : nullptr};
  constexpr bool kBeginsLater =
      features::has(features::LayerPart::window) || features::has(features::LayerPart::encoder);
  if (!kBeginsLater || first == 0) return view;
  const std::uint32_t from = row(first);
  view.k = b.keys + std::size_t{from / kTileRows} * key_tile_bytes(format_, head_dim_);
  view.v = b.values + value_bytes(format_, from * value_dim_);
  if (!scaled) return view;
  view.k_scales += from;
  view.v_scales += from;
  return view;
}

void KvLayer::store(const Kernels &kernels, std::uint32_t kv_head, std::uint32_t position, const float *key,
                    const float *value) const {
  const Block b = block(kv_head);
  const std::size_t tile_bytes = key_tile_bytes(format_, head_dim_);
  position = row(position);
  std::byte *tile = b.keys + position / kTileRows * tile_bytes;
  const std::uint32_t column = position % kTileRows;
  if (column == 0) memset(tile, 0, tile_bytes);

  const std::size_t row = std::size_t{position} * value_dim_;
  if (features::has_kv(Format::q8) && format_ == Format::q8) {
    store_q8(kernels, b, position, key, value);
  } else if (features::has_kv(Format::f16) && format_ == Format::f16) {
    store_f16(kernels, reinterpret_cast<std::uint16_t *>(tile), column, key);
    kernels.to_f16(value, value_dim_, reinterpret_cast<std::uint16_t *>(b.values) + row);
  } else if constexpr (features::has_kv(Format::f32)) {
    scatter(reinterpret_cast<float *>(tile), column, key, head_dim_);
    memcpy(reinterpret_cast<float *>(b.values) + row, value, value_dim_ * sizeof(float));
  }
}

// Out of line, as is store_q8: the stack of both together would be the deepest of all.
[[gnu::noinline]] void KvLayer::store_f16(const Kernels &kernels, std::uint16_t *tile, std::uint32_t column,
                                          const float *key) const {
  std::uint16_t half[format::kMaxHeadDim];
  kernels.to_f16(key, head_dim_, half);
  scatter(tile, column, half, head_dim_);
}

[[gnu::noinline]] void KvLayer::store_q8(const Kernels &kernels, const Block &b, std::uint32_t position,
                                         const float *key, const float *value) const {
  std::int8_t codes[format::kMaxHeadDim];
  CodeSums sums[format::kMaxHeadDim / format::kPair];
  auto *tile =
      reinterpret_cast<std::int8_t *>(b.keys) + position / kTileRows * std::size_t{key_tile_bytes(format_, head_dim_)};
  kernels.quantize(key, head_dim_, head_dim_, codes, b.key_scales + position, sums);
  for (std::uint32_t d = 0; d < head_dim_; ++d) tile[format::Q8::code_at(position % kTileRows, d)] = codes[d];
  kernels.quantize(value, value_dim_, value_dim_, codes, b.value_scales + position, sums);
  memcpy(b.values + std::size_t{position} * value_dim_, codes, value_dim_);
}

std::uint32_t KvLayer::spans(std::uint32_t kv_head, std::uint32_t first, std::uint32_t end, KvSpan out[kSpans]) const {
  const Block b = block(kv_head);
  if constexpr (!features::has(features::LayerPart::window)) {
    out[0] = {b.keys, std::uint64_t{format::tile_count(end)} * key_tile_bytes(format_, head_dim_)};
    out[1] = {b.values, value_bytes(format_, end * value_dim_)};
    out[2] = {reinterpret_cast<std::byte *>(b.key_scales), end * sizeof(float)};
    out[3] = {reinterpret_cast<std::byte *>(b.value_scales), end * sizeof(float)};
    return format_ != Format::q8 ? 2 : 4;
  }
  std::uint32_t count = 0;
  // Of a part with `bytes` for each unit of `rows` positions: what is in front of the ring's end, and the rest.
  const auto add = [&](std::byte *part, std::uint32_t rows, std::uint64_t bytes) {
    const std::uint32_t from = row(first) / rows, units = format::ceil_div(end - first, rows);
    const std::uint32_t room = positions_ / rows - from, front = units < room ? units : room;
    out[count++] = {part + from * bytes, front * bytes};
    if (front < units) out[count++] = {part, (units - front) * bytes};
  };
  add(b.keys, kTileRows, key_tile_bytes(format_, head_dim_));
  add(b.values, 1, value_bytes(format_, value_dim_));
  if (format_ != Format::q8) return count;
  add(reinterpret_cast<std::byte *>(b.key_scales), 1, sizeof(float));
  add(reinterpret_cast<std::byte *>(b.value_scales), 1, sizeof(float));
  return count;
}

}  // namespace tidbit
