#include "converter/calibrate/moments.h"

#include <algorithm>
#include <cmath>

#include "converter/calibrate/cholesky.h"

namespace tidbit::convert {
double Moments::mean() const {
  double mean = 0;
  for (std::size_t i = 0; i < sums_.cols(); ++i) mean += sums_.row(i)[i] / static_cast<double>(sums_.cols());
  return mean;
}

std::vector<double> Moments::damped(double part) const {
  const std::size_t n = sums_.cols();
  const double unit = mean();
  if (!(unit > 0) || !std::isfinite(unit)) return {};
  std::vector<double> result(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    std::copy_n(sums_.row(i), i + 1, result.data() + i * n);
    result[i * n + i] += part * unit;
  }
  return result;
}

std::optional<quant::Feedback> Moments::feedback(double part) const {
  const std::size_t n = sums_.cols();
  const std::vector<double> moments = damped(part);
  if (moments.empty()) return std::nullopt;
  // Columns in reverse turn the lower factor into the upper one that feedback needs.
  std::vector<double> reversed(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) reversed[i * n + j] = moments[(n - 1 - j) * n + (n - 1 - i)];
  }
  if (!factor(reversed, sums_.cols())) return std::nullopt;
  const double unit = mean();
  quant::Feedback feedback{std::vector<float>(n), std::vector<float>(n * n), std::vector<float>(n * n)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      feedback.moments[i * n + j] = feedback.moments[j * n + i] = static_cast<float>(moments[i * n + j] / unit);
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    const double *row = reversed.data() + (n - 1 - k) * n;
    const double diagonal = row[n - 1 - k];
    feedback.importance[k] = static_cast<float>(diagonal * diagonal / unit);
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
