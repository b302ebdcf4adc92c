// Measures how much a packed tensor differs from the checkpoint's.
#pragma once

#include <cmath>
#include <cstdint>

namespace tidbit::quant {

struct ErrorMeasure {
  double signal = 0;  // sum of squares of the original
  double noise = 0;   // sum of squares of the difference

  void add(const float *original, const float *stored, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const double x = original[i];
      const double error = x - static_cast<double>(stored[i]);
      signal += x * x;
      noise += error * error;
    }
  }

  void add(const ErrorMeasure &other) {
    signal += other.signal;
    noise += other.noise;
  }

  // Root mean square of the error divided by that of the original; 0 for a tensor of zeros.
  double relative_rms() const { return signal > 0 ? std::sqrt(noise / signal) : 0.0; }
};

}  // namespace tidbit::quant
