// What may be done to queries, keys and values between their projection and attention, besides the rotation.
#include "model/layer.h"

#if TIDBIT_HAS_QKV_STEPS

namespace tidbit {
namespace {

using format::LayerRole;
using format::QkNormScope;

// Normalizes `count` vectors of `width` channels, one after another in each inner vector from channel `at` on.
// `weight_step` is from the weights of one to those of the next.
void normalize_each(const Layer &layer, LayerRole role, std::uint32_t at, std::uint32_t count, std::uint32_t width,
                    std::uint32_t weight_step) {
  const auto bias_role = static_cast<LayerRole>(static_cast<std::uint8_t>(role) + 1);
  const float *weight = layer.weights.floats(role), *bias = layer.weights.floats(bias_role);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Rows x = layer.rows().inner.at(at + std::size_t{i} * width);
    normalize(layer.slice, {layer.kind().qk_norm, layer.kind().norm_epsilon, weight, bias}, width, x, x);
    if (weight != nullptr) weight += weight_step;
    if (bias != nullptr) bias += weight_step;
  }
}

}  // namespace

void clip(const Layer &layer) {
  const float limit = layer.kind().qkv_clip;
  const std::uint32_t count = layer.size(format::Dim::qkv);
  layer.slice.each_token([&](std::uint32_t t) {
    float *x = layer.rows().inner[t];
    for (std::uint32_t i = 0; i < count; ++i) x[i] = x[i] < -limit ? -limit : x[i] > limit ? limit : x[i];
  });
}

void normalize_heads(const Layer &layer) {
  const format::LayerKind &kind = layer.kind();
  const std::uint32_t q = format::q_rows(kind), k = format::k_rows(kind);
  if (kind.qk_norm_scope == QkNormScope::whole) {
    normalize_each(layer, LayerRole::q_norm, 0, 1, q, 0);
    if (k != 0) normalize_each(layer, LayerRole::k_norm, q, 1, k, 0);
    return;
  }
  const std::uint32_t step = kind.qk_norm_scope == QkNormScope::own_weights ? kind.head_dim : 0;
  normalize_each(layer, LayerRole::q_norm, 0, kind.heads, kind.head_dim, step);
  normalize_each(layer, LayerRole::k_norm, q, format::own_kv_heads(kind), kind.head_dim, step);
}

}  // namespace tidbit

#endif  // TIDBIT_HAS_QKV_STEPS
