// The second moments of a layer's inputs, and what rounding with error feedback needs of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "quant/feedback.h"

namespace tidbit::convert {

// Sum of x xᵀ. Each element is summed over the vectors in their order, a slice at a time in f32 and over the slices in
// f64, without a reduction that a compiler could split: the sums are the same on every machine.
class Moments {
 public:
  explicit Moments(std::uint32_t cols) : cols_(cols), sums_(std::size_t{cols} * cols) {}

  // Adds x[count][cols].
  void add(const float *x, std::uint32_t count);

  // None if the inputs are all zero, or not finite.
  std::optional<quant::Feedback> feedback() const;

 private:
  std::uint32_t cols_;
  std::vector<double> sums_;  // [cols][cols], the elements up to the diagonal
};

}  // namespace tidbit::convert
