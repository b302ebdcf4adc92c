// The table of the numbers of a model and of a layer kind. The check of tidbit_open and `tidbit info` use it, and a
// test compares FORMAT.md with it. A row has the name of a number, its place, its valid range, and the part of that
// range that this library computes. The rest of the range is TIDBIT_ERR_UNSUPPORTED, everything else TIDBIT_ERR_CONFIG.
#pragma once

#include "base/features.h"
#include "format/blob_format.h"
#include "format/formats.h"

namespace tidbit::format {

enum class FieldType : std::uint8_t {
  byte,   // u8: a flag or an enumeration, counted from 0
  count,  // u32
  real,   // f32, finite
  token,  // i32: a token id, or -1
};

struct Field {
  const char *name;
  std::uint16_t offset;
  FieldType type;
  bool positive;           // count: at least 1; real: not negative
  std::uint32_t high;      // byte, count: the largest valid value
  std::uint32_t computed;  // byte, count: the largest computed value; real: bits of the only one, or kAnyReal
  const char *values;      // names of enumerated values, separated by spaces; otherwise null
};

inline constexpr std::uint32_t kAnyReal = 0xFFFFFFFF;  // a NaN, which no field can have

using features::LayerPart;

static constexpr Field flag(const char *name, std::size_t offset, bool computed) {
  return {name, static_cast<std::uint16_t>(offset), FieldType::byte, false, 1, computed, "no yes"};
}
// `computed` is the last value that this library computes.
template <class Enum>
static constexpr Field choice(const char *name, std::size_t offset, Enum last, Enum computed, const char *values) {
  return {name,  static_cast<std::uint16_t>(offset), FieldType::byte,
          false, static_cast<std::uint32_t>(last),   static_cast<std::uint32_t>(computed),
          values};
}
static constexpr Field count(const char *name, std::size_t offset, std::uint32_t low, std::uint32_t high) {
  return {name, static_cast<std::uint16_t>(offset), FieldType::count, low != 0, high, high, nullptr};
}
static constexpr Field reserved_count(const char *name, std::size_t offset, std::uint32_t high) {
  return {name, static_cast<std::uint16_t>(offset), FieldType::count, false, high, 0, nullptr};
}
// Only 0 is computed by a build without this part.
static constexpr Field count_of(LayerPart part, const char *name, std::size_t offset, std::uint32_t high) {
  return features::has(part) ? count(name, offset, 0, high) : reserved_count(name, offset, high);
}
static constexpr Field real(const char *name, std::size_t offset) {
  return {name, static_cast<std::uint16_t>(offset), FieldType::real, false, 0, kAnyReal, nullptr};
}
static constexpr Field positive_real(const char *name, std::size_t offset) {
  return {name, static_cast<std::uint16_t>(offset), FieldType::real, true, 0, kAnyReal, nullptr};
}
static constexpr Field reserved_real(const char *name, std::size_t offset, float only) {
  return {name, static_cast<std::uint16_t>(offset),      FieldType::real, true,
          0,    __builtin_bit_cast(std::uint32_t, only), nullptr};
}
// Only `only` is computed by a build without this part.
static constexpr Field real_of(LayerPart part, const char *name, std::size_t offset, float only) {
  return features::has(part) ? positive_real(name, offset) : reserved_real(name, offset, only);
}

static constexpr char kNormNames[] = "none layer rms layer_weightless rms_weightless";

static constexpr Field norm_field(const char *name, std::size_t offset) {
  return choice(name, offset, Norm::rms_weightless, Norm::rms_weightless, kNormNames);
}
static constexpr Field norm_of(LayerPart part, const char *name, std::size_t offset) {
  return choice(name, offset, Norm::rms_weightless, features::has(part) ? Norm::rms_weightless : Norm::none,
                kNormNames);
}
// `last` is computed by a build that has the part.
template <class Enum>
static constexpr Field choice_of(LayerPart part, const char *name, std::size_t offset, Enum end, Enum last,
                                 const char *values) {
  return choice(name, offset, end, features::has(part) ? last : Enum{0}, values);
}

static constexpr Field kConfigFields[] = {
    count("vocab_size", offsetof(Config, vocab_size), 1, kMaxVocab),
    count("width", offsetof(Config, width), 1, kMaxWidth),
    count("max_context", offsetof(Config, max_context), 1, kMaxContext),
    count("default_context", offsetof(Config, default_context), 1, kMaxContext),
    count("segments", offsetof(Config, segments), 0, kMaxSegments),
    count("rotary_pairs", offsetof(Config, rotary_pairs), 0, kMaxHeadDim / 2),
    reserved_count("classes", offsetof(Config, classes), kMaxVocab),
    reserved_count("layer_embedding", offsetof(Config, layer_embedding), kMaxWidth),
    real("embedding_scale", offsetof(Config, embedding_scale)),
    real("logit_scale", offsetof(Config, logit_scale)),
    real_of(LayerPart::soft_cap, "logit_cap", offsetof(Config, logit_cap), 0.0f),
    positive_real("final_norm_epsilon", offsetof(Config, final_norm_epsilon)),
    norm_field("final_norm", offsetof(Config, final_norm)),
    choice("position", offsetof(Config, position), Position::table, Position::table, "none table"),
    flag("tied", offsetof(Config, tied), true),
    {"head", offsetof(Config, head), FieldType::byte, false, 2, features::has(LayerPart::encoder) ? 2 : 0,
     "language_model classifier pooling"},
    choice("weights", offsetof(Config, weights), Format{kFormats - 1}, Format{kFormats - 1}, kFormatNameList.text),
    choice("kv", offsetof(Config, kv), Format::q8, Format::q8, kFormatNameList.text),
    {"rotary_tables", offsetof(Config, rotary_tables), FieldType::byte, false, kMaxRotaryTables,
     features::has(LayerPart::rotary_tables) ? kMaxRotaryTables : 1, nullptr},
    {"end_token_count", offsetof(Config, end_token_count), FieldType::byte, false, kMaxEndTokens, kMaxEndTokens,
     nullptr},
    {"bos_token", offsetof(Config, bos_token), FieldType::token, false, 0, 0, nullptr},
    norm_of(LayerPart::embedding_norm, "embedding_norm", offsetof(Config, embedding_norm)),
    choice_of(LayerPart::encoder, "pooling", offsetof(Config, pooling), Pooling::last, Pooling::last,
              "none mean first last"),
    flag("unit_length", offsetof(Config, unit_length), features::has(LayerPart::encoder)),
};

static constexpr Field kKindFields[] = {
    count("heads", offsetof(LayerKind, heads), 1, kMaxHeads),
    count("kv_heads", offsetof(LayerKind, kv_heads), 1, kMaxHeads),
    count("head_dim", offsetof(LayerKind, head_dim), 1, kMaxHeadDim),
    count("value_dim", offsetof(LayerKind, value_dim), 1, kMaxHeadDim),
    count_of(LayerPart::window, "window", offsetof(LayerKind, window), kMaxContext),
    count("rotary_dim", offsetof(LayerKind, rotary_dim), 0, kMaxHeadDim),
    count_of(LayerPart::shared_kv, "kv_layer", offsetof(LayerKind, kv_layer), kMaxLayers),
    count_of(LayerPart::short_convolution, "taps", offsetof(LayerKind, taps), kMaxTaps),
    reserved_count("state_dim", offsetof(LayerKind, state_dim), 1024),
    real("attention_scale", offsetof(LayerKind, attention_scale)),
    real_of(LayerPart::soft_cap, "score_cap", offsetof(LayerKind, score_cap), 0.0f),
    real_of(LayerPart::residual_scale, "residual_scale", offsetof(LayerKind, residual_scale), 1.0f),
    positive_real("norm_epsilon", offsetof(LayerKind, norm_epsilon)),
    count("ffn_width", offsetof(LayerKind, ffn_width), 1, kMaxFfn),
    count_of(LayerPart::experts, "experts", offsetof(LayerKind, experts), kMaxExperts),
    count_of(LayerPart::experts, "experts_used", offsetof(LayerKind, experts_used), kMaxExperts),
    count_of(LayerPart::experts, "shared_experts", offsetof(LayerKind, shared_experts), 1),
    count_of(LayerPart::experts, "expert_width", offsetof(LayerKind, expert_width), kMaxFfn),
    reserved_real("router_scale", offsetof(LayerKind, router_scale), 0.0f),
    choice_of(LayerPart::short_convolution, "mixer", offsetof(LayerKind, mixer), Mixer::mamba2,
              Mixer::short_convolution, "attention short_convolution gated_delta mamba2"),
    choice_of(LayerPart::encoder, "mask", offsetof(LayerKind, mask), Mask::bidirectional, Mask::bidirectional,
              "causal bidirectional"),
    flag("cross", offsetof(LayerKind, cross), false),
    {"rotary_table", offsetof(LayerKind, rotary_table), FieldType::byte, false, kMaxRotaryTables - 1,
     features::has(LayerPart::rotary_tables) ? kMaxRotaryTables - 1 : 0, nullptr},
    norm_of(LayerPart::qk_norm, "qk_norm", offsetof(LayerKind, qk_norm)),
    choice_of(LayerPart::qk_norm, "qk_norm_scope", offsetof(LayerKind, qk_norm_scope), QkNormScope::own_weights,
              QkNormScope::own_weights, "none per_head whole own_weights"),
    flag("qk_norm_after", offsetof(LayerKind, qk_norm_after), features::has(LayerPart::qk_norm)),
    choice_of(LayerPart::alibi, "alibi", offsetof(LayerKind, alibi), Alibi::rounded, Alibi::rounded, "no yes rounded"),
    flag("sinks", offsetof(LayerKind, sinks), features::has(LayerPart::sinks)),
    flag("output_gate", offsetof(LayerKind, output_gate), false),
    norm_field("mixer_in_norm", offsetof(LayerKind, mixer_in_norm)),
    norm_of(LayerPart::out_norm, "mixer_out_norm", offsetof(LayerKind, mixer_out_norm)),
    norm_field("mixer_sum_norm", offsetof(LayerKind, mixer_sum_norm)),
    norm_field("ffn_in_norm", offsetof(LayerKind, ffn_in_norm)),
    norm_of(LayerPart::out_norm, "ffn_out_norm", offsetof(LayerKind, ffn_out_norm)),
    norm_field("ffn_sum_norm", offsetof(LayerKind, ffn_sum_norm)),
    norm_of(LayerPart::projection_norm, "projection_norm", offsetof(LayerKind, projection_norm)),
    choice_of(LayerPart::parallel, "residual", offsetof(LayerKind, residual), Residual::parallel_two_norms,
              Residual::parallel_two_norms, "serial parallel_one_norm parallel_two_norms"),
    choice("activation", offsetof(LayerKind, activation), Activation::clamped_silu, Activation::clamped_silu,
           "relu gelu_erf gelu_tanh silu relu_squared xielu clamped_silu"),
    flag("gated", offsetof(LayerKind, gated), true),
    choice_of(LayerPart::experts, "router", offsetof(LayerKind, router), Router::sigmoid, Router::top_k_then_softmax,
              "none softmax_then_top_k top_k_then_softmax sigmoid"),
    flag("router_normalized", offsetof(LayerKind, router_normalized), features::has(LayerPart::experts)),
    real_of(LayerPart::qkv_clip, "qkv_clip", offsetof(LayerKind, qkv_clip), 0.0f),
};

}  // namespace tidbit::format
