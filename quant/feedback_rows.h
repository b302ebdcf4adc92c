// The body of rounding with feedback, for any format with codes. A Coder has
//   Group                                        the scales of a row's group
//   fit(x, importance, count)                    a Group for which the nearest codes of x[count] lose little
//   round(group, i, x, &code)                    the nearest code of element i; returns its weight
//   value(group, i, code)                        the weight of a code
//   rescaled(group, factor)                      the group with all weights times about this factor
//   neighbor(group, index, &group, &first)       a group that differs a little in columns [first, first +
//   kNeighborWidth) store(group, first, row, cols, size, tile)   writes the scales of the group of columns [first,
//   first + size) store_code(code, col, row, cols, size, tile)
#pragma once

#include <algorithm>
#include <cstring>

#include "quant/feedback.h"

namespace tidbit::quant {

// y[i] += a * x[i]. No sum is reordered: the result is the same on every machine.
inline void add_scaled(float a, const float *x, std::uint32_t count, float *y) {
  for (std::uint32_t i = 0; i < count; ++i) y[i] += a * x[i];
}

// One row while its codes are chosen.
template <class Coder>
class FeedbackRow {
 public:
  FeedbackRow(const float *weights, std::uint32_t cols, std::uint32_t group, const Feedback &feedback)
      : weights_(weights),
        cols_(cols),
        size_(group),
        feedback_(feedback),
        codes_(cols),
        values_(cols),
        errors_(cols),
        target_(group),
        gradient_(cols) {}

  // For group after group: begin, take over the errors of all columns before it, round.
  void begin(std::uint32_t first) { std::copy_n(weights_ + first, count(first), target_.data()); }
  void take_errors(std::uint32_t from, std::uint32_t to, std::uint32_t first) {
    for (std::uint32_t j = from; j < to; ++j) add_scaled(errors_[j], factors(j) + first, count(first), target_.data());
  }
  void round(std::uint32_t first) {
    const std::uint32_t n = count(first);
    groups_.push_back(Coder::fit(target_.data(), feedback_.importance.data() + first, n));
    for (std::uint32_t k = 0; k < n; ++k) {
      const std::uint32_t col = first + k;
      values_[col] = Coder::round(groups_.back(), k, target_[k], &codes_[col]);
      errors_[col] = weights_[col] - values_[col];
      add_scaled(errors_[col], factors(col) + col + 1, n - k - 1, target_.data() + k + 1);
    }
  }

  // After all groups: the gradient of the loss, H e, then changes that lower the loss.
  void add_gradient(std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t j = from; j < to; ++j) add_scaled(errors_[j], moments(j), cols_, gradient_.data());
  }
  void refine() {
    for (int pass = 0; pass < kPasses; ++pass) {
      for (std::uint32_t first = 0; first < cols_; first += size_) refine_codes(first);
      for (std::uint32_t first = 0; first < cols_; first += size_) refine_scales(first);
    }
    for (std::uint32_t first = 0; first < cols_; first += size_) refine_codes(first);
  }

  void store(std::uint32_t row, std::byte *tile) const {
    for (std::uint32_t first = 0; first < cols_; first += size_) {
      Coder::store(groups_[first / size_], first, row, cols_, size_, tile);
    }
    for (std::uint32_t col = 0; col < cols_; ++col) Coder::store_code(codes_[col], col, row, cols_, size_, tile);
  }

 private:
  static constexpr int kPasses = 2;

  const float *factors(std::uint32_t j) const { return feedback_.factors.data() + std::size_t{j} * cols_; }
  const float *moments(std::uint32_t j) const { return feedback_.moments.data() + std::size_t{j} * cols_; }
  std::uint32_t count(std::uint32_t first) const { return std::min(size_, cols_ - first); }

  void change(std::uint32_t col, float value) {
    add_scaled(values_[col] - value, moments(col), cols_, gradient_.data());
    values_[col] = value;
  }

  // To the code for which the loss is least, all others being as they are.
  void refine_codes(std::uint32_t first) {
    for (std::uint32_t k = 0; k < count(first); ++k) {
      const std::uint32_t col = first + k;
      const float best = values_[col] + gradient_[col] / moments(col)[col];
      int code = 0;
      const float value = Coder::round(groups_[first / size_], k, best, &code);
      if (code == codes_[col]) continue;
      codes_[col] = code;
      change(col, value);
    }
  }

  // The change of the loss if the weights of [first, first + n) change by `by`.
  float loss(std::uint32_t first, std::uint32_t n, const float *by) const {
    float sum = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      float row = 0;
      for (std::uint32_t j = 0; j < n; ++j) row += by[j] * moments(first + i)[first + j];
      sum += by[i] * (row - 2 * gradient_[first + i]);
    }
    return sum;
  }

  void refine_scales(std::uint32_t first) {
    typename Coder::Group &group = groups_[first / size_], next;
    std::uint32_t at = 0;
    for (std::uint32_t i = 0; Coder::neighbor(group, i, &next, &at); ++i)
      try_group(first, at, Coder::kNeighborWidth, next);
    // The factor for which the loss is least.
    const std::uint32_t n = count(first);
    float slope = 0, curve = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      const float *row = moments(first + i) + first;
      float sum = 0;
      for (std::uint32_t j = 0; j < n; ++j) sum += values_[first + j] * row[j];
      slope += values_[first + i] * gradient_[first + i];
      curve += values_[first + i] * sum;
    }
    if (curve > 0) try_group(first, 0, n, Coder::rescaled(group, 1 + slope / curve));
  }

  // Takes other scales, with the same codes, if that lowers the loss.
  void try_group(std::uint32_t first, std::uint32_t at, std::uint32_t width, const typename Coder::Group &next) {
    float by[format::kMaxGroup];
    const std::uint32_t n = std::min(width, count(first) - at);
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t col = first + at + i;
      by[i] = Coder::value(next, at + i, codes_[col]) - values_[col];
    }
    if (!(loss(first + at, n, by) < 0)) return;
    groups_[first / size_] = next;
    for (std::uint32_t i = 0; i < n; ++i) change(first + at + i, Coder::value(next, at + i, codes_[first + at + i]));
  }

  const float *weights_;
  const std::uint32_t cols_, size_;
  const Feedback &feedback_;
  std::vector<typename Coder::Group> groups_;
  std::vector<int> codes_;
  std::vector<float> values_, errors_, target_, gradient_;
};

template <class Coder>
void pack_rows_with_feedback(const float *rows, std::uint32_t count, std::uint32_t cols, std::uint32_t group,
                             const Feedback &feedback, std::byte *tile) {
  constexpr std::uint32_t kPanel = 64;  // columns whose factors stay in a cache for all rows
  std::vector<FeedbackRow<Coder>> all;
  all.reserve(count);
  for (std::uint32_t r = 0; r < count; ++r) all.emplace_back(rows + std::size_t{r} * cols, cols, group, feedback);
  for (std::uint32_t first = 0; first < cols; first += group) {
    for (auto &row : all) row.begin(first);
    for (std::uint32_t from = 0; from < first; from += kPanel) {
      for (auto &row : all) row.take_errors(from, std::min(from + kPanel, first), first);
    }
    for (auto &row : all) row.round(first);
  }
  for (std::uint32_t from = 0; from < cols; from += kPanel) {
    for (auto &row : all) row.add_gradient(from, std::min(from + kPanel, cols));
  }
  for (std::uint32_t r = 0; r < count; ++r) {
    all[r].refine();
    all[r].store(r, tile);
  }
}

}  // namespace tidbit::quant
