// The feed-forward network: up (and gate), the activation, down.
#include "model/layer.h"
#include "model/linear.h"

namespace tidbit {
namespace {

using format::LayerRole;

// For many tokens: a panel of rows at a time, so that the rows are still in a cache when they are activated. The
// factors of a gated network overwrite those of the previous panel.
void multiply_in_panels(const Layer &layer, const Rows &in) {
  constexpr std::uint32_t kPanelTiles = 32;
  const format::LayerKind &kind = layer.kind();
  const format::Tensor &up = layer.weights.matrix(LayerRole::ffn_up);
  const float *bias = layer.weights.floats(LayerRole::ffn_up_bias);
  const Rows &inner = layer.rows().inner;
  const std::uint32_t tiles = kind.ffn_width / format::kTileRows;
  for (std::uint32_t tile = 0; tile < tiles; tile += kPanelTiles) {
    const std::uint32_t end = tiles - tile < kPanelTiles ? tiles : tile + kPanelTiles;
    const std::uint32_t row = tile * format::kTileRows;
    multiply(layer.slice, up, bias, {tile, end}, in, inner.at(row));
    if (kind.gated != 0) {
      multiply(layer.slice, up, bias, {tiles + tile, tiles + end}, in, inner.at(kind.ffn_width));
    }
    activate(layer, row, (end - tile) * format::kTileRows, kind.ffn_width);
  }
}

}  // namespace

void activate(const Layer &layer, std::uint32_t first, std::uint32_t count, std::uint32_t up_at) {
  const format::LayerKind &kind = layer.kind();
  const Rows &inner = layer.rows().inner;
  const Kernels &k = *layer.slice.s.kernels;
  const std::uint64_t work = std::uint64_t{count} * kActivationWork;
  layer.slice.each_token([&](std::uint32_t t) {
    if (!pace(layer.slice.s, work)) return;
    float *gate = inner[t];
    const float *up = kind.gated != 0 ? gate + up_at : nullptr;
    if (features::kAnyLayerPart && format::has_parameters(kind.activation)) {
      return k.activate_by(layer.weights.floats(LayerRole::activation_parameters), kind.activation, gate + first, up,
                           count);
    }
    k.activate(kind.activation, gate + first, up, count);
  });
}

void feed_forward(const Layer &layer, const Rows &in) {
  if (has_experts(layer.kind())) return run_experts(layer, in);
  dense_feed_forward(layer, in);
}

void dense_feed_forward(const Layer &layer, const Rows &in) {
  const format::LayerKind &kind = layer.kind();
  const format::Tensor &up = layer.weights.matrix(LayerRole::ffn_up);
  const Rows &inner = layer.rows().inner;
  quantize_for(layer.slice, up, in);
  if (layer.slice.split_rows || kind.ffn_width % format::kTileRows != 0) {
    multiply(layer.slice, up, layer.weights.floats(LayerRole::ffn_up_bias), all_tiles(up), in, inner);
    activate(layer, 0, kind.ffn_width, kind.ffn_width);
  } else {
    multiply_in_panels(layer, in);
  }
  if (features::has(features::LayerPart::projection_norm) && kind.projection_norm != format::Norm::none) {
    normalize(layer.slice,
              {kind.projection_norm, kind.norm_epsilon, layer.weights.floats(LayerRole::inner_norm),
               layer.weights.floats(LayerRole::inner_norm_bias)},
              kind.ffn_width, inner, inner);
  }
  layer.observe(TIDBIT_POINT_FFN_INNER, kind.ffn_width, inner);
  apply(layer.slice, layer.weights.matrix(LayerRole::ffn_down), layer.weights.floats(LayerRole::ffn_down_bias), inner,
        layer.rows().sublayer);
}

}  // namespace tidbit
