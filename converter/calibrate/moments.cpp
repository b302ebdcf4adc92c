#include "converter/calibrate/moments.h"

#include <algorithm>
#include <cmath>

#include "converter/parallel.h"

namespace tidbit::convert {
namespace {

// Added to the diagonal, as a part of its mean: without it, directions in which no sample moved could take any error.
constexpr double kDamping = 0.01;

constexpr std::uint32_t kRows = 4;     // of the moments that are summed together
constexpr std::uint32_t kWidth = 256;  // columns whose sums stay in a cache
constexpr std::uint32_t kSlice = 256;  // vectors that are summed in f32
constexpr std::uint32_t kPanel = 64;   // columns of the factorization that are done at a time
constexpr std::uint32_t kStripe = 32;  // rows that one task takes

// sums[r][k] += over four vectors x of x[row + r] * x[first + k].
void add_four(const float *const x[4], std::uint32_t row, std::uint32_t first, std::uint32_t width,
              float sums[kRows][kWidth]) {
  float a[kRows][4];
  for (std::uint32_t r = 0; r < kRows; ++r) {
    for (std::uint32_t t = 0; t < 4; ++t) a[r][t] = x[t][row + r];
  }
  const float *x0 = x[0] + first, *x1 = x[1] + first, *x2 = x[2] + first, *x3 = x[3] + first;
  for (std::uint32_t k = 0; k < width; ++k) {
    for (std::uint32_t r = 0; r < kRows; ++r) {
      sums[r][k] = (((sums[r][k] + a[r][0] * x0[k]) + a[r][1] * x1[k]) + a[r][2] * x2[k]) + a[r][3] * x3[k];
    }
  }
}

void add_one(const float *x, std::uint32_t row, std::uint32_t rows, std::uint32_t first, std::uint32_t width,
             float sums[kRows][kWidth]) {
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (std::uint32_t k = 0; k < width; ++k) sums[r][k] = sums[r][k] + x[row + r] * x[first + k];
  }
}

// A positive definite matrix [n][n], in place, becomes L with L Lᵀ = it; only the lower half is used. Each element is
// computed in the same order whatever the panels and tasks.
class Cholesky {
 public:
  Cholesky(std::vector<double> &matrix, std::uint32_t n) : m_(matrix), n_(n), panel_(std::size_t{kPanel} * n) {}

  bool run() {
    for (std::uint32_t from = 0; from < n_; from += kPanel) {
      const std::uint32_t to = std::min(from + kPanel, n_);
      if (!factor_diagonal(from, to)) return false;
      const std::uint32_t tasks = (n_ - to + kStripe - 1) / kStripe;
      in_parallel(tasks, [&](std::uint32_t i) {
        for (std::uint32_t row = to + i * kStripe; row < std::min(to + (i + 1) * kStripe, n_); ++row) {
          solve_row(row, from, to);
        }
      });
      in_parallel(tasks, [&](std::uint32_t i) {
        for (std::uint32_t row = to + i * kStripe; row < std::min(to + (i + 1) * kStripe, n_); ++row) {
          update_row(row, from, to);
        }
      });
    }
    return true;
  }

 private:
  double *row(std::uint32_t i) { return m_.data() + std::size_t{i} * n_; }
  // The panel's columns as rows.
  double *panel(std::uint32_t k) { return panel_.data() + std::size_t{k} * n_; }

  bool factor_diagonal(std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t i = from; i < to; ++i) {
      solve_row(i, from, i);
      double left = row(i)[i];
      for (std::uint32_t k = from; k < i; ++k) left = left - row(i)[k] * row(i)[k];
      if (!(left > 0)) return false;
      row(i)[i] = std::sqrt(left);
      panel(i - from)[i] = row(i)[i];
    }
    return true;
  }

  // The row's elements in columns [from, to) of L.
  void solve_row(std::uint32_t i, std::uint32_t from, std::uint32_t to) {
    double *r = row(i);
    for (std::uint32_t k = from; k < to; ++k) {
      r[k] = r[k] / row(k)[k];
      panel(k - from)[i] = r[k];
      for (std::uint32_t j = k + 1; j < to; ++j) r[j] = r[j] - r[k] * panel(k - from)[j];
    }
  }

  // Takes the panel's share from the rest of the row.
  void update_row(std::uint32_t i, std::uint32_t from, std::uint32_t to) {
    double *r = row(i);
    for (std::uint32_t k = from; k < to; ++k) {
      const double factor = r[k];
      const double *column = panel(k - from);
      for (std::uint32_t j = to; j <= i; ++j) r[j] = r[j] - factor * column[j];
    }
  }

  std::vector<double> &m_;
  const std::uint32_t n_;
  std::vector<double> panel_;
};

}  // namespace

void Moments::add(const float *x, std::uint32_t count) {
  const auto add_rows = [&](std::uint32_t row, std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t rows = std::min(kRows, cols_ - row);
    for (std::uint32_t first = 0; first < row + rows; first += kWidth) {
      const std::uint32_t width = std::min(kWidth, row + rows - first);
      float sums[kRows][kWidth] = {};
      std::uint32_t t = begin;
      const auto vector = [&](std::uint32_t i) { return x + std::size_t{i} * cols_; };
      for (; rows == kRows && t + 4 <= end; t += 4) {
        const float *const four[4] = {vector(t), vector(t + 1), vector(t + 2), vector(t + 3)};
        add_four(four, row, first, width, sums);
      }
      for (; t < end; ++t) add_one(vector(t), row, rows, first, width, sums);
      for (std::uint32_t r = 0; r < rows; ++r) {
        double *to = sums_.data() + std::size_t{row + r} * cols_ + first;
        for (std::uint32_t k = 0; k < width; ++k) to[k] += static_cast<double>(sums[r][k]);
      }
    }
  };
  const std::uint32_t tasks = (cols_ + kStripe - 1) / kStripe;
  for (std::uint32_t begin = 0; begin < count; begin += kSlice) {
    const std::uint32_t end = std::min(begin + kSlice, count);
    in_parallel(tasks, [&](std::uint32_t i) {
      const std::uint32_t stop = std::min((i + 1) * kStripe, cols_);
      for (std::uint32_t row = i * kStripe; row < stop; row += kRows) add_rows(row, begin, end);
    });
  }
}

std::optional<quant::Feedback> Moments::feedback() const {
  const std::size_t n = cols_;
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) mean += sums_[i * n + i] / static_cast<double>(n);
  if (!(mean > 0) || !std::isfinite(mean)) return std::nullopt;
  // Columns in reverse turn the lower factor into the upper one that feedback needs.
  std::vector<double> reversed(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) reversed[i * n + j] = sums_[(n - 1 - j) * n + (n - 1 - i)];
    reversed[i * n + i] += kDamping * mean;
  }
  if (!Cholesky(reversed, cols_).run()) return std::nullopt;
  quant::Feedback feedback{std::vector<float>(n), std::vector<float>(n * n), std::vector<float>(n * n)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double sum = sums_[i * n + j] + (i == j ? kDamping * mean : 0);
      feedback.moments[i * n + j] = feedback.moments[j * n + i] = static_cast<float>(sum / mean);
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    const double *row = reversed.data() + (n - 1 - k) * n;
    const double diagonal = row[n - 1 - k];
    feedback.importance[k] = static_cast<float>(diagonal * diagonal / mean);
  }
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = j + 1; k < n; ++k) {
      const double diagonal = reversed[(n - 1 - k) * n + (n - 1 - k)];
      feedback.factors[j * n + k] = static_cast<float>(reversed[(n - 1 - j) * n + (n - 1 - k)] / diagonal);
    }
  }
  return feedback;
}

}  // namespace tidbit::convert
