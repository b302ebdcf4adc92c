// A feed-forward of experts (Shazeer et al. 2017): a router chooses some of them for each token, and their outputs are
// added, weighted. The tokens that chose an expert are gathered, so that its weights are read once per slice.
#include <string.h>

#include "model/layer.h"
#include "model/linear.h"

#if TIDBIT_HAS_EXPERTS

namespace tidbit {
namespace {

using format::LayerRole;
using format::Router;

// Turns n logits into the weights of the chosen experts, weights[n]; the others have -1.
void route(const Layer &layer, float *logits, float *weights) {
  const format::LayerKind &kind = layer.kind();
  const Kernels &k = *layer.slice.s.kernels;
  const std::uint32_t n = kind.experts;
  const bool softmax_first = kind.router == Router::softmax_then_top_k;
  if (softmax_first) {
    const float inverse = 1.0f / k.softmax(logits, n);
    for (std::uint32_t e = 0; e < n; ++e) logits[e] = logits[e] * inverse;
  }
  // An expert is chosen if fewer than experts_used others are in front of it; among equals the first is in front.
  for (std::uint32_t e = 0; e < n; ++e) {
    std::uint32_t rank = 0;
    for (std::uint32_t other = 0; other < n; ++other) {
      rank += logits[other] > logits[e] || (logits[other] == logits[e] && other < e) ? 1 : 0;
    }
    weights[e] = rank < kind.experts_used ? 0.0f : -1.0f;
  }
  std::uint32_t chosen = 0;
  for (std::uint32_t e = 0; e < n; ++e) {
    if (weights[e] == 0) logits[chosen++] = logits[e];
  }
  float sum = 1;
  if (!softmax_first) {
    sum = k.softmax(logits, chosen);
  } else if (kind.router_normalized != 0) {
    sum = 0;
    for (std::uint32_t i = 0; i < chosen; ++i) sum = sum + logits[i];
  }
  for (std::uint32_t e = 0, i = 0; e < n; ++e) {
    if (weights[e] == 0) weights[e] = logits[i++] / sum;
  }
}

// Computes an expert for the tokens whose inputs were gathered, into the expert vectors.
void run_expert(const Layer &all, std::uint32_t expert, std::uint32_t tokens) {
  const std::uint32_t first = all.slice.tokens.begin;
  const TokenSlice slice{all.slice.s, {first, first + tokens}, all.slice.split_rows};
  const Layer layer{slice, all.weights, all.kv, all.index};
  const format::LayerKind &kind = layer.kind();
  const Activations &rows = layer.rows();
  const auto apply_part = [&](LayerRole role, LayerRole bias_role, std::uint32_t part, const Rows &x, const Rows &y) {
    const format::Tensor &w = layer.weights.matrix(role);
    const float *bias = layer.weights.floats(bias_role);
    const std::uint32_t tiles = part / format::kTileRows;
    quantize_for(slice, w, x);
    multiply(slice, w, bias, {expert * tiles, (expert + 1) * tiles}, x, y);
  };
  const auto observe_part = [&](tidbit_point point, std::uint32_t width, const Rows &x) {
    observe_vectors(slice.s, layer.index, point, expert, tokens, width, x.stride, x[first]);
  };
  observe_part(TIDBIT_POINT_EXPERT_IN, layer.size(format::Dim::width), rows.gathered);
  apply_part(LayerRole::expert_up, LayerRole::expert_up_bias, format::expert_up_rows(kind), rows.gathered, rows.inner);
  activate(layer, 0, kind.expert_width, kind.expert_width);
  observe_part(TIDBIT_POINT_EXPERT_INNER, kind.expert_width, rows.inner);
  apply_part(LayerRole::expert_down, LayerRole::expert_down_bias, format::expert_down_rows(slice.s.model.config()),
             rows.inner, rows.expert);
}

// Adds an expert's share to the sums of the tokens that chose it.
void add_expert(const Layer &layer, std::uint32_t expert, const Rows &in) {
  const Activations &rows = layer.rows();
  const std::uint32_t width = layer.size(format::Dim::width), first = layer.slice.tokens.begin;
  const auto weight_of = [&](std::uint32_t t) { return rows.router[t][layer.kind().experts + expert]; };
  std::uint32_t chosen = 0;
  layer.slice.each_token([&](std::uint32_t t) {
    if (weight_of(t) != -1.0f) memcpy(rows.gathered[first + chosen++], in[t], width * sizeof(float));
  });
  if (chosen == 0) return;
  run_expert(layer, expert, chosen);
  std::uint32_t next = first;
  layer.slice.each_token([&](std::uint32_t t) {
    const float weight = weight_of(t);
    if (weight == -1.0f) return;
    const float *y = rows.expert[next++];
    float *sum = rows.side[t];
    for (std::uint32_t i = 0; i < width; ++i) sum[i] = sum[i] + weight * y[i];
  });
}

// 1 / (1 + exp(-x)), as the softmax of 0 and -x.
float sigmoid(const Kernels &k, float x) {
  float pair[2] = {0, -x};
  const float sum = k.softmax(pair, 2);
  return pair[0] / sum;
}

// The feed-forward that every token uses, times a gate if there is one.
void add_shared(const Layer &layer, const Rows &in) {
  const Activations &rows = layer.rows();
  const std::uint32_t width = layer.size(format::Dim::width);
  const format::Tensor *gate = layer.weights.find(LayerRole::shared_gate);
  if (gate != nullptr) apply(layer.slice, *gate, nullptr, in, rows.router);
  dense_feed_forward(layer, in);
  layer.slice.each_token([&](std::uint32_t t) {
    const float factor = gate != nullptr ? sigmoid(*layer.slice.s.kernels, rows.router[t][0]) : 1.0f;
    const float *y = rows.sublayer[t];
    float *sum = rows.side[t];
    for (std::uint32_t i = 0; i < width; ++i) sum[i] = sum[i] + factor * y[i];
  });
}

}  // namespace

void run_experts(const Layer &layer, const Rows &in) {
  const format::LayerKind &kind = layer.kind();
  const Activations &rows = layer.rows();
  const std::size_t bytes = layer.size(format::Dim::width) * sizeof(float);
  apply(layer.slice, layer.weights.matrix(LayerRole::router), layer.weights.floats(LayerRole::router_bias), in,
        rows.router);
  layer.slice.each_token([&](std::uint32_t t) {
    if (!pace(layer.slice.s, std::uint64_t{kind.experts} * kind.experts * kFloatWork)) return;
    route(layer, rows.router[t], rows.router[t] + kind.experts);
    memset(rows.side[t], 0, bytes);
  });
  for (std::uint32_t e = 0; e < kind.experts; ++e) add_expert(layer, e, in);
  if (kind.shared_experts != 0) add_shared(layer, in);
  layer.slice.each_token([&](std::uint32_t t) { memcpy(rows.sublayer[t], rows.side[t], bytes); });
}

}  // namespace tidbit

#endif  // TIDBIT_HAS_EXPERTS
