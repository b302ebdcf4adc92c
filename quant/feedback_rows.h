// The body of rounding with feedback, for any format with codes. A Coder has
//   using Group                                      the scales of a row's group
//   Group fit(x, importance, count)                  chosen so that the nearest codes of x[count] lose least
//   float round(group, i, x, &code)                  the nearest code of element i; returns the weight that it stands for
//   void store(group, first, row, cols, group_size, tile)      writes the scales of the group that begins at a column
//   void store_code(code, col, row, cols, group_size, tile)
#pragma once

#include <algorithm>
#include <cstring>

#include "quant/feedback.h"

namespace tidbit::quant {

// target[k] += sum over j in [from, to) of errors[j] * factors[j][k], for k in [first, first + count). No sum is
// reordered: the result is the same on every machine.
inline void add_feedback(const Feedback &feedback, const float *errors, std::uint32_t from, std::uint32_t to,
                         std::uint32_t first, std::uint32_t count, float *target) {
  const std::size_t cols = feedback.importance.size();
  for (std::uint32_t j = from; j < to; ++j) {
    const float error = errors[j];
    const float *factors = feedback.factors.data() + j * cols + first;
    for (std::uint32_t k = 0; k < count; ++k) target[k] += error * factors[k];
  }
}

template <class Coder>
void pack_rows_with_feedback(const float *rows, std::uint32_t count, std::uint32_t cols, std::uint32_t group,
                             const Feedback &feedback, std::byte *tile) {
  std::vector<float> errors(std::size_t{count} * cols);
  std::vector<float> targets(std::size_t{count} * group);
  for (std::uint32_t first = 0; first < cols; first += group) {
    const std::uint32_t n = std::min(group, cols - first);
    for (std::uint32_t r = 0; r < count; ++r) {
      std::copy_n(rows + std::size_t{r} * cols + first, n, targets.data() + std::size_t{r} * group);
    }
    constexpr std::uint32_t kPanel = 64;  // columns whose factors stay in a cache for all rows
    for (std::uint32_t from = 0; from < first; from += kPanel) {
      for (std::uint32_t r = 0; r < count; ++r) {
        add_feedback(feedback, errors.data() + std::size_t{r} * cols, from, std::min(from + kPanel, first), first, n,
                     targets.data() + std::size_t{r} * group);
      }
    }
    for (std::uint32_t r = 0; r < count; ++r) {
      float *target = targets.data() + std::size_t{r} * group;
      float *error = errors.data() + std::size_t{r} * cols;
      const auto scales = Coder::fit(target, feedback.importance.data() + first, n);
      Coder::store(scales, first, r, cols, group, tile);
      for (std::uint32_t k = 0; k < n; ++k) {
        const std::uint32_t col = first + k;
        int code = 0;
        error[col] = rows[std::size_t{r} * cols + col] - Coder::round(scales, k, target[k], &code);
        Coder::store_code(code, col, r, cols, group, tile);
        add_feedback(feedback, error, col, col + 1, col + 1, n - k - 1, target + k + 1);
      }
    }
  }
}

}  // namespace tidbit::quant
