// Sums of products of vectors, as matrices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidbit::convert {

// Sum of a xᵀ. Each element is summed over the vectors in their order, a slice at a time in f32 and over the slices in
// f64, without a reduction that a compiler could split: the sums are the same on every machine.
class OuterProducts {
 public:
  enum class Part : std::uint8_t { all, lower };  // lower: elements up to the diagonal, for symmetric sums

  OuterProducts(std::uint32_t cols, Part part) : cols_(cols), part_(part), sums_(std::size_t{cols} * cols) {}

  // Adds a[count][cols] and x[count][cols].
  void add(const float *a, const float *x, std::uint32_t count);

  std::uint32_t cols() const { return cols_; }
  const double *row(std::size_t i) const { return sums_.data() + i * cols_; }

 private:
  void add_rows(const float *a, const float *x, std::uint32_t count, std::uint32_t row, std::uint32_t rows);

  std::uint32_t cols_;
  Part part_;
  std::vector<double> sums_;  // [cols][cols]
};

}  // namespace tidbit::convert
