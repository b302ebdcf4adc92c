#include "model/layer.h"

namespace tidbit {

void normalize(const TokenSlice &slice, const NormWeights &norm, std::uint32_t width, const Rows &x, const Rows &y) {
  using format::Norm;
  const Kernels &k = *slice.s.kernels;
  constexpr bool kLayer = features::has_norm(Norm::layer) || features::has_norm(Norm::layer_weightless);
  constexpr bool kRms = features::has_norm(Norm::rms) || features::has_norm(Norm::rms_weightless);
  const bool rms =
      norm.norm == Norm::rms || (features::has_norm(Norm::rms_weightless) && norm.norm == Norm::rms_weightless);
  slice.each_token([&](std::uint32_t t) {
    if (kRms && (!kLayer || rms)) {
      k.rms_norm(x[t], norm.weight, width, norm.epsilon, y[t]);
    } else {
      k.layer_norm(x[t], norm.weight, norm.bias, width, norm.epsilon, y[t]);
    }
  });
}

}  // namespace tidbit
