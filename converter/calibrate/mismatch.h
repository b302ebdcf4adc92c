// Making up for the errors of the layers before (asymmetric calibration: Li et al. 2025, GPTAQ). They are rounded, so a
// matrix W gets an input x in place of the y that it gets in the original model. The matrix whose products with x come
// closest to those of W with y is
//   W + W M H⁻¹,  M = sum of (y - x) xᵀ,  H = sum of x xᵀ
// and that is the one to round. H is damped, so that only what the samples agree on is corrected.
#pragma once

#include <cstdint>
#include <vector>

#include "converter/calibrate/moments.h"
#include "converter/calibrate/outer_products.h"

namespace tidbit::convert {

class Mismatch {
 public:
  explicit Mismatch(std::uint32_t cols) : sums_(cols, OuterProducts::Part::all) {}

  // Adds x[count][cols], and y in its place in the original model.
  void add(const float *x, const float *y, std::uint32_t count);

  // Once everything has been added: H of the same x. False if it has no inverse.
  bool finish(const Moments &moments);

  // Adds W M H⁻¹ to up to 16 rows of W, [count][cols].
  void correct(float *rows, std::uint32_t count) const;

 private:
  OuterProducts sums_;           // M
  std::vector<double> factors_;  // L, with L Lᵀ = H
};

}  // namespace tidbit::convert
