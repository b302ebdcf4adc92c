#include "converter/calibrate/cholesky.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "converter/parallel.h"

namespace tidbit::convert {
namespace {

constexpr std::uint32_t kPanel = 64;   // columns that are done at a time
constexpr std::uint32_t kStripe = 32;  // rows that one task takes

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

bool factor(std::vector<double> &matrix, std::uint32_t n) { return Cholesky(matrix, n).run(); }

}  // namespace tidbit::convert
