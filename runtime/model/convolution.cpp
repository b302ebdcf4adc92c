// A short convolution over positions, each channel by itself (Liquid AI's LFM2):
//
//   y[p] = C[p] * sum over taps j of w[j] * (B * x)[p - taps + 1 + j]
#include <string.h>

#include "model/layer.h"

#if TIDBIT_HAS_SHORT_CONVOLUTION

namespace tidbit {

using format::LayerRole;

void store_products(const Layer &layer) {
  const std::uint32_t width = layer.size(format::Dim::width), position = layer.slice.s.position;
  const ConvolutionState state = layer.convolution();
  layer.slice.each_token([&](std::uint32_t t) {
    const float *b = layer.rows().inner[t], *x = b + 2 * std::size_t{width};
    float *input = state.row(position + t);
    for (std::uint32_t i = 0; i < width; ++i) input[i] = b[i] * x[i];
  });
}

void convolve(const Layer &layer) {
  const std::uint32_t width = layer.size(format::Dim::width), taps = layer.kind().taps;
  const float *weights = layer.weights.floats(LayerRole::conv_taps);
  const float *bias = layer.weights.floats(LayerRole::conv_taps_bias);
  const ConvolutionState state = layer.convolution();
  layer.slice.each_token([&](std::uint32_t t) {
    if (!pace(layer.slice.s, std::uint64_t{width} * taps * kFloatWork)) return;
    const std::uint32_t position = layer.slice.s.position + t;
    float *y = layer.rows().inner[t];
    const float *c = y + width;
    memset(y, 0, width * sizeof(float));
    for (std::uint32_t j = position + 1 < taps ? taps - 1 - position : 0; j < taps; ++j) {
      const float *input = state.row(position + 1 + j - taps);
      for (std::uint32_t i = 0; i < width; ++i) y[i] = y[i] + weights[std::size_t{i} * taps + j] * input[i];
    }
    for (std::uint32_t i = 0; i < width; ++i) y[i] = c[i] * (bias != nullptr ? y[i] + bias[i] : y[i]);
  });
}

}  // namespace tidbit

#endif  // TIDBIT_HAS_SHORT_CONVOLUTION
