// The second moments of a layer's inputs, and what rounding with error feedback needs of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "converter/calibrate/outer_products.h"
#include "quant/feedback.h"

namespace tidbit::convert {

// H, the sum of x xᵀ.
class Moments {
 public:
  explicit Moments(std::uint32_t cols) : sums_(cols, OuterProducts::Part::lower) {}

  // Adds x[count][cols].
  void add(const float *x, std::uint32_t count) { sums_.add(x, x, count); }

  // Of damped moments. None if the inputs are all zero, or not finite.
  std::optional<quant::Feedback> feedback(double part = kDamping) const;

  // H with a part of the diagonal's mean added to the diagonal, without which directions in which no sample moved could
  // take any error: its lower half in [cols][cols]. Empty if the inputs are all zero, or not finite.
  std::vector<double> damped(double part) const;

 private:
  static constexpr double kDamping = 0.01;

  double mean() const;  // of the diagonal

  OuterProducts sums_;
};

}  // namespace tidbit::convert
