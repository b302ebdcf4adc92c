#include "quant/hadamard.h"

#include <algorithm>

#include "format/hadamard.h"

namespace tidbit::quant {
namespace {

template <class Float>
void transform_block(Float *x, std::uint32_t n, Float scale) {
  for (std::uint32_t h = n / 2; h >= 1; h /= 2) {
    for (std::uint32_t i = 0; i < n; ++i) {
      if ((i & h) != 0) continue;
      const Float a = x[i], b = x[i + h];
      x[i] = a + b;
      x[i + h] = a - b;
    }
  }
  for (std::uint32_t i = 0; i < n; ++i) x[i] *= scale;
}

// Calls body(offset, channels) for each block.
template <class Body>
void each_block(std::uint32_t n, Body body) {
  for (std::uint32_t i = 0, block; i < n; i += block) {
    block = format::hadamard_block(n - i);
    body(i, block);
  }
}

}  // namespace

void transform_weights(float *row, std::uint32_t cols) {
  each_block(cols, [row](std::uint32_t at, std::uint32_t n) {
    double block[format::kHadamardBlock];
    std::copy_n(row + at, n, block);
    transform_block<double>(block, n, format::hadamard_weight_scale(n));
    std::transform(block, block + n, row + at, [](double x) { return static_cast<float>(x); });
  });
}

void transform_inputs(float *x, std::uint32_t n) {
  each_block(n, [x](std::uint32_t at, std::uint32_t count) {
    transform_block<float>(x + at, count, format::hadamard_input_scale(count));
  });
}

}  // namespace tidbit::quant
