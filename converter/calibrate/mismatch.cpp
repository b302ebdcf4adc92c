#include "converter/calibrate/mismatch.h"

#include <algorithm>
#include <cstddef>

#include "converter/calibrate/cholesky.h"
#include "format/format.h"

namespace tidbit::convert {
namespace {

// The part of the diagonal's mean that is added to the diagonal of H. With little of it, the correction is fitted to
// chance: 8,192 vectors are few for 2,048 columns. KL divergence of Gemma 3 270M in q4: 0.067 with 0.02, 0.046 with 1;
// 0.055 without the correction. stories260K has 64 to 172 columns, and is the same with both.
constexpr double kDamping = 1;

constexpr std::size_t kRows = format::kTileRows;  // that are corrected together

// A column of the rows: what is done to one is done to all of them.
using Column = double[kRows];

void add_scaled(double a, const Column &x, Column &y) {
  for (std::size_t r = 0; r < kRows; ++r) y[r] += a * x[r];
}

void divide(Column &x, double by) {
  for (double &value : x) value /= by;
}

}  // namespace

void Mismatch::add(const float *x, const float *y, std::uint32_t count) {
  std::vector<float> differences(std::size_t{count} * sums_.cols());
  std::transform(y, y + differences.size(), x, differences.begin(), [](float a, float b) { return a - b; });
  sums_.add(differences.data(), x, count);
}

bool Mismatch::finish(const Moments &moments) {
  factors_ = moments.damped(kDamping);
  return !factors_.empty() && factor(factors_, sums_.cols());
}

void Mismatch::correct(float *rows, std::uint32_t count) const {
  const std::size_t n = sums_.cols();
  struct Transposed {
    Column at;
  };
  std::vector<Transposed> change(n);  // W M
  for (std::size_t j = 0; j < n; ++j) {
    Column w = {};
    for (std::size_t r = 0; r < count; ++r) w[r] = static_cast<double>(rows[r * n + j]);
    for (std::size_t k = 0; k < n; ++k) add_scaled(sums_.row(j)[k], w, change[k].at);
  }
  const auto row = [&](std::size_t i) { return factors_.data() + i * n; };
  for (std::size_t j = 0; j < n; ++j) {  // times the inverse of Lᵀ
    for (std::size_t k = 0; k < j; ++k) add_scaled(-row(j)[k], change[k].at, change[j].at);
    divide(change[j].at, row(j)[j]);
  }
  for (std::size_t k = n; k-- > 0;) {  // times the inverse of L
    divide(change[k].at, row(k)[k]);
    for (std::size_t j = 0; j < k; ++j) add_scaled(-row(k)[j], change[k].at, change[j].at);
  }
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t r = 0; r < count; ++r) rows[r * n + j] += static_cast<float>(change[j].at[r]);
  }
}

}  // namespace tidbit::convert
