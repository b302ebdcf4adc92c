#include "model/layer.h"

namespace tidbit {

void normalize(const TokenSlice &slice, const NormWeights &norm, const Rows &x, const Rows &y) {
  const Kernels &k = *slice.s.kernels;
  const std::uint32_t width = slice.s.model.config().width;
  slice.each_token([&](std::uint32_t t) {
    if (features::has_norm(format::Norm::rms) &&
        (!features::has_norm(format::Norm::layer) || norm.norm == format::Norm::rms)) {
      k.rms_norm(x[t], norm.weight, width, norm.epsilon, y[t]);
    } else {
      k.layer_norm(x[t], norm.weight, norm.bias, width, norm.epsilon, y[t]);
    }
  });
}

}  // namespace tidbit
