// The roles that a tensor can have: one table, used by the check of tidbit_open, the converter and the tests. A row has
// the name of the tensor, and says when it is present and which shape it has, in terms of the configuration.
#pragma once

#include "base/assert.h"
#include "format/blob_format.h"

namespace tidbit::format {

// The values are part of the blob's format: indices into Header::global_slots and LayerKind::slots.
enum class GlobalRole : std::uint8_t {
  token_embedding = 0,
  position_embedding = 1,
  segment_embedding = 2,
  rotary_frequencies = 3,
  final_norm = 4,
  final_norm_bias = 5,
  head = 6,
  head_bias = 7,
  count = 8,
};

enum class LayerRole : std::uint8_t {
  mixer_in_norm = 0,
  mixer_in_norm_bias = 1,
  qkv = 2,
  qkv_bias = 3,
  attention_out = 4,
  attention_out_bias = 5,
  mixer_sum_norm = 6,
  mixer_sum_norm_bias = 7,
  ffn_in_norm = 8,
  ffn_in_norm_bias = 9,
  ffn_up = 10,
  ffn_up_bias = 11,
  ffn_down = 12,
  ffn_down_bias = 13,
  ffn_sum_norm = 14,
  ffn_sum_norm_bias = 15,
  count = 16,
};
static_assert(static_cast<std::uint32_t>(GlobalRole::count) <= kGlobalSlots);
static_assert(static_cast<std::uint32_t>(LayerRole::count) <= kLayerSlots);

// How a tensor is stored.
enum class TensorKind : std::uint8_t {
  matrix,  // in tiles, any format
  table,   // plain rows of f32 or f16
  vector,  // plain rows of f32
};

// When a tensor is present.
enum class Need : std::uint8_t {
  always,
  optional,
  untied,          // if and only if the head is not the token embedding
  position_table,  // if and only if positions are a table
  segments,        // if and only if there are segments
  rotary_tables,   // if and only if there are rotary frequencies
  norm,            // if and only if the row's norm has weights
  norm_bias,       // optional if the row's norm is a LayerNorm, otherwise absent
};

// A number of rows or columns.
enum class Dim : std::uint8_t {
  one,
  vocab,
  width,
  max_context,
  segments,
  rotary_tables,
  rotary_pairs,
  attention,  // heads * value_dim
  qkv,        // (heads + kv_heads) * head_dim + kv_heads * value_dim: all of q, then k, then v
  ffn,        // ffn_width
  up,         // ffn_width, or twice that if gated: gate, then up
};

struct RoleRow {
  TensorKind kind;
  Need need;
  Dim rows, cols;
  std::uint8_t norm;  // of Need::norm and norm_bias: offset of the Norm in Config or LayerKind
};

struct NamedRole {
  const char *name;
  RoleRow row;
};

static constexpr RoleRow matrix(Dim rows, Dim cols) { return {TensorKind::matrix, Need::always, rows, cols, 0}; }
static constexpr RoleRow table(Need need, Dim rows) { return {TensorKind::table, need, rows, Dim::width, 0}; }
static constexpr RoleRow bias(Dim cols) { return {TensorKind::vector, Need::optional, Dim::one, cols, 0}; }
static constexpr RoleRow norm(std::size_t field) {
  return {TensorKind::vector, Need::norm, Dim::one, Dim::width, static_cast<std::uint8_t>(field)};
}
static constexpr RoleRow norm_bias(std::size_t field) {
  return {TensorKind::vector, Need::norm_bias, Dim::one, Dim::width, static_cast<std::uint8_t>(field)};
}

// In the order of the enumerators. A matrix [rows][cols] maps a vector of cols elements to one of rows elements.
inline constexpr NamedRole kGlobalRoles[] = {
    {"token_embedding", matrix(Dim::vocab, Dim::width)},  // also the head, if tied
    {"position_embedding", table(Need::position_table, Dim::max_context)},
    {"segment_embedding", table(Need::segments, Dim::segments)},
    {"rotary_frequencies", {TensorKind::vector, Need::rotary_tables, Dim::rotary_tables, Dim::rotary_pairs, 0}},
    {"final_norm", norm(offsetof(Config, final_norm))},
    {"final_norm_bias", norm_bias(offsetof(Config, final_norm))},
    {"head", {TensorKind::matrix, Need::untied, Dim::vocab, Dim::width, 0}},
    {"head_bias", bias(Dim::vocab)},  // added to the logits of either head
};

inline constexpr NamedRole kLayerRoles[] = {
    {"mixer_in_norm", norm(offsetof(LayerKind, mixer_in_norm))},
    {"mixer_in_norm_bias", norm_bias(offsetof(LayerKind, mixer_in_norm))},
    {"qkv", matrix(Dim::qkv, Dim::width)},
    {"qkv_bias", bias(Dim::qkv)},
    {"attention_out", matrix(Dim::width, Dim::attention)},
    {"attention_out_bias", bias(Dim::width)},
    {"mixer_sum_norm", norm(offsetof(LayerKind, mixer_sum_norm))},
    {"mixer_sum_norm_bias", norm_bias(offsetof(LayerKind, mixer_sum_norm))},
    {"ffn_in_norm", norm(offsetof(LayerKind, ffn_in_norm))},
    {"ffn_in_norm_bias", norm_bias(offsetof(LayerKind, ffn_in_norm))},
    {"ffn_up", matrix(Dim::up, Dim::width)},
    {"ffn_up_bias", bias(Dim::up)},
    {"ffn_down", matrix(Dim::width, Dim::ffn)},
    {"ffn_down_bias", bias(Dim::width)},
    {"ffn_sum_norm", norm(offsetof(LayerKind, ffn_sum_norm))},
    {"ffn_sum_norm_bias", norm_bias(offsetof(LayerKind, ffn_sum_norm))},
};
static_assert(sizeof kGlobalRoles / sizeof *kGlobalRoles == static_cast<std::size_t>(GlobalRole::count));
static_assert(sizeof kLayerRoles / sizeof *kLayerRoles == static_cast<std::size_t>(LayerRole::count));

// The rows of q, k, v: the parts of qkv, in their order. Those of up are ffn_width each.
static constexpr std::uint32_t q_rows(const LayerKind &k) { return k.heads * k.head_dim; }
static constexpr std::uint32_t k_rows(const LayerKind &k) { return k.kv_heads * k.head_dim; }
static constexpr std::uint32_t v_rows(const LayerKind &k) { return k.kv_heads * k.value_dim; }

// The size that a dimension has. `kind` is not read for global roles.
static constexpr std::uint32_t size_of(Dim dim, const Config &c, const LayerKind *kind) {
  TIDBIT_ASSERT(dim < Dim::attention || kind != nullptr);
  switch (dim) {
    case Dim::one:
      return 1;
    case Dim::vocab:
      return c.vocab_size;
    case Dim::width:
      return c.width;
    case Dim::max_context:
      return c.max_context;
    case Dim::segments:
      return c.segments;
    case Dim::rotary_tables:
      return c.rotary_tables;
    case Dim::rotary_pairs:
      return c.rotary_pairs;
    case Dim::attention:
      return kind->heads * kind->value_dim;
    case Dim::qkv:
      return q_rows(*kind) + k_rows(*kind) + v_rows(*kind);
    case Dim::ffn:
      return kind->ffn_width;
    case Dim::up:
      return kind->ffn_width << kind->gated;
  }
  return 0;
}

enum class Presence : std::uint8_t { forbidden, optional, required };

// `scope` is the Config for a global role, and the LayerKind for a layer's role.
static inline Presence presence(const RoleRow &row, const Config &c, const void *scope) {
  const auto exactly = [](bool there) { return there ? Presence::required : Presence::forbidden; };
  const auto norm = [&] { return static_cast<Norm>(static_cast<const std::uint8_t *>(scope)[row.norm]); };
  switch (row.need) {
    case Need::always:
      return Presence::required;
    case Need::optional:
      return Presence::optional;
    case Need::untied:
      return exactly(c.tied == 0);
    case Need::position_table:
      return exactly(c.position == Position::table);
    case Need::segments:
      return exactly(c.segments != 0);
    case Need::rotary_tables:
      return exactly(c.rotary_tables != 0);
    case Need::norm:
      return exactly(norm() == Norm::layer || norm() == Norm::rms);
    case Need::norm_bias:
      return norm() == Norm::layer ? Presence::optional : Presence::forbidden;
  }
  return Presence::forbidden;
}

}  // namespace tidbit::format
