#include "converter/calibrate/outer_products.h"

#include <algorithm>

#include "converter/parallel.h"

namespace tidbit::convert {
namespace {

constexpr std::uint32_t kRows = 4;     // that are summed together
constexpr std::uint32_t kWidth = 256;  // columns whose sums stay in a cache
constexpr std::uint32_t kSlice = 256;  // vectors that are summed in f32
constexpr std::uint32_t kStripe = 32;  // rows that one task takes

// sums[r][k] += over four vectors a, x of a[row + r] * x[first + k].
void add_four(const float *const a[4], const float *const x[4], std::uint32_t row, std::uint32_t first,
              std::uint32_t width, float sums[kRows][kWidth]) {
  float left[kRows][4];
  for (std::uint32_t r = 0; r < kRows; ++r) {
    for (std::uint32_t t = 0; t < 4; ++t) left[r][t] = a[t][row + r];
  }
  const float *x0 = x[0] + first, *x1 = x[1] + first, *x2 = x[2] + first, *x3 = x[3] + first;
  for (std::uint32_t k = 0; k < width; ++k) {
    for (std::uint32_t r = 0; r < kRows; ++r) {
      sums[r][k] = (((sums[r][k] + left[r][0] * x0[k]) + left[r][1] * x1[k]) + left[r][2] * x2[k]) + left[r][3] * x3[k];
    }
  }
}

void add_one(const float *a, const float *x, std::uint32_t row, std::uint32_t rows, std::uint32_t first,
             std::uint32_t width, float sums[kRows][kWidth]) {
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (std::uint32_t k = 0; k < width; ++k) sums[r][k] = sums[r][k] + a[row + r] * x[first + k];
  }
}

}  // namespace

void OuterProducts::add_rows(const float *a, const float *x, std::uint32_t count, std::uint32_t row,
                             std::uint32_t rows) {
  const std::uint32_t end = part_ == Part::lower ? row + rows : cols_;
  for (std::uint32_t first = 0; first < end; first += kWidth) {
    const std::uint32_t width = std::min(kWidth, end - first);
    float sums[kRows][kWidth] = {};
    const auto at = [this](const float *vectors, std::uint32_t i) { return vectors + std::size_t{i} * cols_; };
    std::uint32_t t = 0;
    for (; rows == kRows && t + 4 <= count; t += 4) {
      const float *const four_a[4] = {at(a, t), at(a, t + 1), at(a, t + 2), at(a, t + 3)};
      const float *const four_x[4] = {at(x, t), at(x, t + 1), at(x, t + 2), at(x, t + 3)};
      add_four(four_a, four_x, row, first, width, sums);
    }
    for (; t < count; ++t) add_one(at(a, t), at(x, t), row, rows, first, width, sums);
    for (std::uint32_t r = 0; r < rows; ++r) {
      double *to = sums_.data() + std::size_t{row + r} * cols_ + first;
      for (std::uint32_t k = 0; k < width; ++k) to[k] += static_cast<double>(sums[r][k]);
    }
  }
}

void OuterProducts::add(const float *a, const float *x, std::uint32_t count) {
  const std::uint32_t tasks = (cols_ + kStripe - 1) / kStripe;
  for (std::uint32_t begin = 0; begin < count; begin += kSlice) {
    const std::size_t offset = std::size_t{begin} * cols_;
    in_parallel(tasks, [&](std::uint32_t i) {
      const std::uint32_t stop = std::min((i + 1) * kStripe, cols_);
      for (std::uint32_t row = i * kStripe; row < stop; row += kRows) {
        add_rows(a + offset, x + offset, std::min(kSlice, count - begin), row, std::min(kRows, cols_ - row));
      }
    });
  }
}

}  // namespace tidbit::convert
