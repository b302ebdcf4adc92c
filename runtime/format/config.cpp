// Are the numbers of a configuration in their ranges, and do they fit together?
#include <cstddef>

#include "format/blob.h"
#include "format/features.h"

namespace tidbit {
namespace {

using format::Config;

struct Range {
  std::size_t offset;
  std::uint32_t low, high;
};

constexpr Range kRanges[] = {
    {offsetof(Config, vocab_size), 1, format::kMaxVocab},
    {offsetof(Config, layers), 1, format::kMaxLayers},
    {offsetof(Config, width), 1, format::kMaxWidth},
    {offsetof(Config, heads), 1, format::kMaxHeads},
    {offsetof(Config, kv_heads), 1, format::kMaxHeads},
    {offsetof(Config, head_dim), 1, format::kMaxHeadDim},
    {offsetof(Config, ffn_width), 1, format::kMaxFfn},
    {offsetof(Config, max_context), 1, format::kMaxContext},
    {offsetof(Config, default_context), 1, format::kMaxContext},
    {offsetof(Config, end_token_count), 0, format::kMaxEndTokens},
};

struct Enumeration {
  std::size_t offset;
  std::uint8_t highest;
};

constexpr Enumeration kEnumerations[] = {
    {offsetof(Config, norm), 1},  {offsetof(Config, norm_place), 1}, {offsetof(Config, position), 2},
    {offsetof(Config, gated), 1}, {offsetof(Config, activation), 3}, {offsetof(Config, weights), 3},
    {offsetof(Config, kv), 2},
};

constexpr std::size_t kFloats[] = {offsetof(Config, norm_epsilon), offsetof(Config, embedding_scale),
                                   offsetof(Config, attention_scale), offsetof(Config, logit_scale)};

template <class T>
T field(const Config &config, std::size_t offset) {
  T value;
  __builtin_memcpy(&value, reinterpret_cast<const std::byte *>(&config) + offset, sizeof(T));
  return value;
}

constexpr Refusal refuse(std::size_t offset) { return {TIDBIT_ERR_CONFIG, offset}; }

Refusal check_fields(const Config &config) {
  for (const Range &r : kRanges) {
    const auto value = field<std::uint32_t>(config, r.offset);
    if (value < r.low || value > r.high) return refuse(r.offset);
  }
  for (const Enumeration &e : kEnumerations) {
    if (field<std::uint8_t>(config, e.offset) > e.highest) return refuse(e.offset);
  }
  for (const std::size_t offset : kFloats) {
    constexpr std::uint32_t kExponent = 0x7F800000;  // all ones: infinite or not a number
    if ((field<std::uint32_t>(config, offset) & kExponent) == kExponent) return refuse(offset);
  }
  return {};
}

bool is_token_or_none(std::int32_t token, const Config &config) {
  return token >= -1 && token < static_cast<std::int32_t>(config.vocab_size);
}

// What the configuration needs and this build leaves out.
Refusal check_features(const Config &config) {
  const auto unless = [](bool has, std::size_t offset) {
    return has ? Refusal{} : Refusal{TIDBIT_ERR_UNSUPPORTED, offset};
  };
  if (const Refusal r = unless(features::has_kv(config.kv), offsetof(Config, kv)); r.refused()) return r;
  if (const Refusal r = unless(features::has(config.norm), offsetof(Config, norm)); r.refused()) return r;
  return unless(features::has(config.activation), offsetof(Config, activation));
}

}  // namespace

Refusal check_config(const Config &config) {
  const Refusal fields = check_fields(config);
  if (fields.refused()) return fields;
  const auto family = static_cast<std::uint32_t>(config.family);
  if (family < 1 || family > 4) return refuse(offsetof(Config, family));
  if (config.heads % config.kv_heads != 0) return refuse(offsetof(Config, kv_heads));
  if (config.default_context > config.max_context) return refuse(offsetof(Config, default_context));
  if (config.norm_epsilon < 0) return refuse(offsetof(Config, norm_epsilon));
  const bool turns = config.position == format::Position::rotary;
  const bool fits = config.rotary_dim % 2 == 0 && config.rotary_dim <= config.head_dim;
  if (!fits || turns != (config.rotary_dim != 0)) return refuse(offsetof(Config, rotary_dim));
  if (!is_token_or_none(config.bos_token, config)) return refuse(offsetof(Config, bos_token));
  for (std::uint32_t i = 0; i < config.end_token_count; ++i) {
    if (!is_token_or_none(config.end_tokens[i], config))
      return refuse(offsetof(Config, end_tokens) + std::size_t{4} * i);
  }
  return check_features(config);
}

}  // namespace tidbit
