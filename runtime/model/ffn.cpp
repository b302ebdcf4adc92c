// The feed-forward network: up (and gate), the activation, down.
#include "model/layer.h"
#include "model/linear.h"

namespace tidbit {
namespace {

using format::LayerRole;

// Activates elements [first, first + count) of the inner vectors. The factors of a gated network begin at `up_at`.
void activate(const Layer &layer, std::uint32_t first, std::uint32_t count, std::uint32_t up_at) {
  const format::LayerKind &kind = layer.kind();
  const Rows &inner = layer.rows().inner;
  const std::uint64_t work = std::uint64_t{count} * kActivationWork;
  layer.slice.each_token([&](std::uint32_t t) {
    if (!pace(layer.slice.s, work)) return;
    float *gate = inner[t];
    layer.slice.s.kernels->activate(kind.activation, gate + first, kind.gated != 0 ? gate + up_at : nullptr, count);
  });
}

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

void feed_forward(const Layer &layer, const Rows &in) {
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
  layer.observe(TIDBIT_POINT_FFN_INNER, kind.ffn_width, inner);
  apply(layer.slice, layer.weights.matrix(LayerRole::ffn_down), layer.weights.floats(LayerRole::ffn_down_bias), inner,
        layer.rows().sublayer);
}

}  // namespace tidbit
