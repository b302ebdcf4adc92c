// The roles that a tensor can have: one table, used by the check of tidbit_open, the converter and the tests. A row has
// the name of the tensor, and says when it is present and which shape it has, in terms of the configuration.
#pragma once

#include "base/assert.h"
#include "base/features.h"
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
  rotary_amplitudes = 8,
  embedding_norm = 9,
  embedding_norm_bias = 10,
  count = 11,
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
  q_norm = 16,
  q_norm_bias = 17,
  k_norm = 18,
  k_norm_bias = 19,
  mixer_out_norm = 20,
  mixer_out_norm_bias = 21,
  ffn_out_norm = 22,
  ffn_out_norm_bias = 23,
  mixed_norm = 24,
  mixed_norm_bias = 25,
  inner_norm = 26,
  inner_norm_bias = 27,
  alibi_slopes = 28,
  sinks = 29,
  activation_parameters = 30,
  router = 31,
  router_bias = 32,
  expert_up = 33,
  expert_up_bias = 34,
  expert_down = 35,
  expert_down_bias = 36,
  shared_gate = 37,
  conv_in = 38,
  conv_in_bias = 39,
  conv_taps = 40,
  conv_taps_bias = 41,
  conv_out = 42,
  conv_out_bias = 43,
  count = 44,
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
  untied,            // if and only if the head is not the token embedding
  position_table,    // if and only if positions are a table
  segments,          // if and only if there are segments
  rotary_tables,     // if and only if there are rotary frequencies
  norm,              // if and only if the row's norm has weights
  norm_bias,         // optional if the row's norm is a LayerNorm, otherwise absent
  amplitudes,        // optional if there are rotary frequencies, otherwise absent
  attention,         // if and only if the mixer is attention
  attention_bias,    // optional if the mixer is attention, otherwise absent
  alibi,             // if and only if the layer has ALiBi
  sinks,             // if and only if the layer has sinks
  parameters,        // if and only if the activation has parameters
  dense,             // if and only if every token uses a feed-forward: there are no experts, or a shared one
  dense_bias,        // optional if every token uses a feed-forward, otherwise absent
  experts,           // if and only if there are experts
  experts_bias,      // optional if there are experts, otherwise absent
  shared,            // optional if there is a shared expert, otherwise absent
  convolution,       // if and only if the mixer is a short convolution
  convolution_bias,  // optional if the mixer is a short convolution, otherwise absent
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
  two,
  attention,  // heads * value_dim
  qkv,        // (heads + kv_heads) * head_dim + kv_heads * value_dim: all of q, then k, then v; q alone with kv_layer
  ffn,        // ffn_width
  up,         // ffn_width, or twice that if gated: gate, then up
  heads,
  q_norm,  // channels of q that one norm's weights cover: head_dim, or all heads
  k_norm,
  experts,
  expert_width,
  expert_up,    // for each expert its rows, as those of up but with expert_width, and rows of zeros up to whole tiles
  expert_down,  // for each expert `width` rows, and rows of zeros up to whole tiles
  conv_in,      // 3 * width: B, C, x
  taps,
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

static constexpr RoleRow matrix(Dim rows, Dim cols, Need need = Need::always) {
  return {TensorKind::matrix, need, rows, cols, 0};
}
static constexpr RoleRow table(Need need, Dim rows) { return {TensorKind::table, need, rows, Dim::width, 0}; }
static constexpr RoleRow vector(Dim cols, Need need) { return {TensorKind::vector, need, Dim::one, cols, 0}; }
static constexpr RoleRow bias(Dim cols, Need need = Need::optional) { return vector(cols, need); }
static constexpr RoleRow norm(std::size_t field, Dim cols = Dim::width) {
  return {TensorKind::vector, Need::norm, Dim::one, cols, static_cast<std::uint8_t>(field)};
}
static constexpr RoleRow norm_bias(std::size_t field, Dim cols = Dim::width) {
  return {TensorKind::vector, Need::norm_bias, Dim::one, cols, static_cast<std::uint8_t>(field)};
}

// In the order of the enumerators. A matrix [rows][cols] maps a vector of cols elements to one of rows elements.
inline constexpr NamedRole kGlobalRoles[] = {
    {"token_embedding", matrix(Dim::vocab, Dim::width)},  // also the head, if tied
    {"position_embedding", table(Need::position_table, Dim::max_context)},
    {"segment_embedding", table(Need::segments, Dim::segments)},
    {"rotary_frequencies", {TensorKind::vector, Need::rotary_tables, Dim::rotary_tables, Dim::rotary_pairs, 0}},
    {"final_norm", norm(offsetof(Config, final_norm))},
    {"final_norm_bias", norm_bias(offsetof(Config, final_norm))},
    {"head", matrix(Dim::vocab, Dim::width, Need::untied)},
    {"head_bias", bias(Dim::vocab)},                                      // added to the logits of either head
    {"rotary_amplitudes", vector(Dim::rotary_tables, Need::amplitudes)},  // factors of sine and cosine, one per table
    {"embedding_norm", norm(offsetof(Config, embedding_norm))},
    {"embedding_norm_bias", norm_bias(offsetof(Config, embedding_norm))},
};

inline constexpr NamedRole kLayerRoles[] = {
    {"mixer_in_norm", norm(offsetof(LayerKind, mixer_in_norm))},
    {"mixer_in_norm_bias", norm_bias(offsetof(LayerKind, mixer_in_norm))},
    {"qkv", matrix(Dim::qkv, Dim::width, Need::attention)},
    {"qkv_bias", bias(Dim::qkv, Need::attention_bias)},
    {"attention_out", matrix(Dim::width, Dim::attention, Need::attention)},
    {"attention_out_bias", bias(Dim::width, Need::attention_bias)},
    {"mixer_sum_norm", norm(offsetof(LayerKind, mixer_sum_norm))},
    {"mixer_sum_norm_bias", norm_bias(offsetof(LayerKind, mixer_sum_norm))},
    {"ffn_in_norm", norm(offsetof(LayerKind, ffn_in_norm))},
    {"ffn_in_norm_bias", norm_bias(offsetof(LayerKind, ffn_in_norm))},
    {"ffn_up", matrix(Dim::up, Dim::width, Need::dense)},
    {"ffn_up_bias", bias(Dim::up, Need::dense_bias)},
    {"ffn_down", matrix(Dim::width, Dim::ffn, Need::dense)},
    {"ffn_down_bias", bias(Dim::width, Need::dense_bias)},
    {"ffn_sum_norm", norm(offsetof(LayerKind, ffn_sum_norm))},
    {"ffn_sum_norm_bias", norm_bias(offsetof(LayerKind, ffn_sum_norm))},
    {"q_norm", norm(offsetof(LayerKind, qk_norm), Dim::q_norm)},
    {"q_norm_bias", norm_bias(offsetof(LayerKind, qk_norm), Dim::q_norm)},
    {"k_norm", norm(offsetof(LayerKind, qk_norm), Dim::k_norm)},
    {"k_norm_bias", norm_bias(offsetof(LayerKind, qk_norm), Dim::k_norm)},
    {"mixer_out_norm", norm(offsetof(LayerKind, mixer_out_norm))},
    {"mixer_out_norm_bias", norm_bias(offsetof(LayerKind, mixer_out_norm))},
    {"ffn_out_norm", norm(offsetof(LayerKind, ffn_out_norm))},
    {"ffn_out_norm_bias", norm_bias(offsetof(LayerKind, ffn_out_norm))},
    {"mixed_norm", norm(offsetof(LayerKind, projection_norm), Dim::attention)},
    {"mixed_norm_bias", norm_bias(offsetof(LayerKind, projection_norm), Dim::attention)},
    {"inner_norm", norm(offsetof(LayerKind, projection_norm), Dim::ffn)},
    {"inner_norm_bias", norm_bias(offsetof(LayerKind, projection_norm), Dim::ffn)},
    {"alibi_slopes", vector(Dim::heads, Need::alibi)},
    {"sinks", vector(Dim::heads, Need::sinks)},
    {"activation_parameters", vector(Dim::two, Need::parameters)},
    {"router", matrix(Dim::experts, Dim::width, Need::experts)},
    {"router_bias", bias(Dim::experts, Need::experts_bias)},
    {"expert_up", matrix(Dim::expert_up, Dim::width, Need::experts)},
    {"expert_up_bias", bias(Dim::expert_up, Need::experts_bias)},
    {"expert_down", matrix(Dim::expert_down, Dim::expert_width, Need::experts)},
    {"expert_down_bias", bias(Dim::expert_down, Need::experts_bias)},
    {"shared_gate", matrix(Dim::one, Dim::width, Need::shared)},
    {"conv_in", matrix(Dim::conv_in, Dim::width, Need::convolution)},
    {"conv_in_bias", bias(Dim::conv_in, Need::convolution_bias)},
    {"conv_taps", {TensorKind::vector, Need::convolution, Dim::width, Dim::taps, 0}},
    {"conv_taps_bias", bias(Dim::width, Need::convolution_bias)},
    {"conv_out", matrix(Dim::width, Dim::width, Need::convolution)},
    {"conv_out_bias", bias(Dim::width, Need::convolution_bias)},
};
static_assert(sizeof kGlobalRoles / sizeof *kGlobalRoles == static_cast<std::size_t>(GlobalRole::count));
static_assert(sizeof kLayerRoles / sizeof *kLayerRoles == static_cast<std::size_t>(LayerRole::count));

// How many roles of a layer a build without any of the parts of base/features.h knows.
inline constexpr std::size_t kPlainLayerRoles = static_cast<std::size_t>(LayerRole::q_norm);
inline constexpr std::size_t kPlainGlobalRoles = static_cast<std::size_t>(GlobalRole::rotary_amplitudes);

// The heads whose keys and values the layer computes: none if it uses those of another layer.
static constexpr std::uint32_t own_kv_heads(const LayerKind &k) {
  return features::has(features::LayerPart::shared_kv) && k.kv_layer != 0 ? 0 : k.kv_heads;
}

// The rows of q, k, v: the parts of qkv, in their order. Those of up are ffn_width each.
static constexpr std::uint32_t q_rows(const LayerKind &k) { return k.heads * k.head_dim; }
static constexpr std::uint32_t k_rows(const LayerKind &k) { return own_kv_heads(k) * k.head_dim; }
static constexpr std::uint32_t v_rows(const LayerKind &k) { return own_kv_heads(k) * k.value_dim; }

// The rows of one expert in expert_up and expert_down, in whole tiles.
static constexpr std::uint32_t expert_up_rows(const LayerKind &k) {
  return round_up(k.expert_width << k.gated, kTileRows);
}
static constexpr std::uint32_t expert_down_rows(const Config &c) { return round_up(c.width, kTileRows); }

// Sizes that only layers with these parts have.
static constexpr std::uint32_t size_of_part(Dim dim, const Config &c, const LayerKind &k) {
  const bool whole = k.qk_norm_scope != QkNormScope::per_head;
  switch (dim) {
    case Dim::heads:
      return k.heads;
    case Dim::q_norm:
      return whole ? q_rows(k) : k.head_dim;
    case Dim::k_norm:
      return whole ? k_rows(k) : k.head_dim;
    case Dim::experts:
      return k.experts;
    case Dim::expert_width:
      return k.expert_width;
    case Dim::expert_up:
      return k.experts * expert_up_rows(k);
    case Dim::expert_down:
      return k.experts * expert_down_rows(c);
    case Dim::conv_in:
      return 3 * c.width;
    case Dim::taps:
      return k.taps;
    default:
      return 0;
  }
}

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
    case Dim::two:
      return 2;
    case Dim::attention:
      return kind->heads * kind->value_dim;
    case Dim::qkv:
      return q_rows(*kind) + k_rows(*kind) + v_rows(*kind);
    case Dim::ffn:
      return kind->ffn_width;
    case Dim::up:
      return kind->ffn_width << kind->gated;
    default:
      return features::kAnyLayerPart ? size_of_part(dim, c, *kind) : 0;
  }
}

enum class Presence : std::uint8_t { forbidden, optional, required };

static constexpr bool has_parameters(Activation a) { return a == Activation::xielu || a == Activation::clamped_silu; }

// Of the needs that only layers with parts of base/features.h can have, or not have.
static inline Presence presence_of_part(Need need, const LayerKind &k) {
  const auto when = [](bool there, Presence presence) { return there ? presence : Presence::forbidden; };
  const bool attention = k.mixer == Mixer::attention, dense = k.experts == 0 || k.shared_experts != 0;
  switch (need) {
    case Need::attention:
      return when(attention, Presence::required);
    case Need::attention_bias:
      return when(attention, Presence::optional);
    case Need::alibi:
      return when(k.alibi != Alibi::none, Presence::required);
    case Need::sinks:
      return when(k.sinks != 0, Presence::required);
    case Need::parameters:
      return when(has_parameters(k.activation), Presence::required);
    case Need::dense:
      return when(dense, Presence::required);
    case Need::dense_bias:
      return when(dense, Presence::optional);
    case Need::experts:
      return when(k.experts != 0, Presence::required);
    case Need::experts_bias:
      return when(k.experts != 0, Presence::optional);
    case Need::shared:
      return when(k.shared_experts != 0, Presence::optional);
    case Need::convolution:
      return when(!attention, Presence::required);
    case Need::convolution_bias:
      return when(!attention, Presence::optional);
    default:
      return Presence::forbidden;
  }
}

// `scope` is the Config for a global role, and the LayerKind for a layer's role.
static inline Presence presence(const RoleRow &row, const Config &c, const void *scope) {
  const auto exactly = [](bool there) { return there ? Presence::required : Presence::forbidden; };
  const auto norm = [&] { return static_cast<Norm>(static_cast<const std::uint8_t *>(scope)[row.norm]); };
  if constexpr (features::has(features::LayerPart::shared_kv)) {
    if (row.cols == Dim::k_norm && own_kv_heads(*static_cast<const LayerKind *>(scope)) == 0)
      return Presence::forbidden;
  }
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
    default:
      break;
  }
  if constexpr (!features::kAnyLayerPart) return Presence::forbidden;
  if (row.need == Need::amplitudes) return c.rotary_tables != 0 ? Presence::optional : Presence::forbidden;
  return presence_of_part(row.need, *static_cast<const LayerKind *>(scope));
}

}  // namespace tidbit::format
