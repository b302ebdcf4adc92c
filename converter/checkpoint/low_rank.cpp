#include "converter/checkpoint/low_rank.h"

#include <algorithm>
#include <utility>

namespace tidbit::convert {
namespace {

std::vector<float> all_of(const StoredTensor &tensor) {
  std::vector<float> values(tensor.elements());
  read_elements(tensor, 0, values.size(), values.data());
  return values;
}

std::vector<float> transpose(const std::vector<float> &values, std::uint64_t cols) {
  const std::uint64_t rows = values.size() / cols;
  std::vector<float> turned(values.size());
  for (std::uint64_t i = 0; i < rows; ++i) {
    for (std::uint64_t j = 0; j < cols; ++j) turned[j * rows + i] = values[i * cols + j];
  }
  return turned;
}

}  // namespace

LowRank::LowRank(StoredTensor a, StoredTensor b, double scale, bool transposed, std::shared_ptr<FactorCache> cache)
    : a_(std::move(a)),
      b_(std::move(b)),
      scale_(static_cast<float>(scale)),
      transposed_(transposed),
      rank_(a_.shape.at(0)),
      cols_(transposed ? b_.shape.at(0) : a_.shape.at(1)),
      cache_(std::move(cache)) {}

void LowRank::load() const {
  if (cache_->owner == this) return;
  cache_->owner = nullptr;
  cache_->left = all_of(transposed_ ? a_ : b_);
  cache_->right = all_of(transposed_ ? b_ : a_);
  if (transposed_) {
    cache_->left = transpose(cache_->left, a_.shape.at(1));
    cache_->right = transpose(cache_->right, rank_);
  }
  cache_->owner = this;
}

void LowRank::add(std::uint64_t first, std::uint64_t count, float *out) const {
  load();
  std::vector<float> sums;
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t row = (first + done) / cols_, col = (first + done) % cols_;
    const std::uint64_t n = std::min(cols_ - col, count - done);
    sums.assign(n, 0);
    for (std::uint64_t k = 0; k < rank_; ++k) {
      const float factor = cache_->left[row * rank_ + k];
      const float *right = cache_->right.data() + k * cols_ + col;
      for (std::uint64_t i = 0; i < n; ++i) sums[i] += factor * right[i];
    }
    for (std::uint64_t i = 0; i < n; ++i) out[done + i] += scale_ * sums[i];
    done += n;
  }
}

}  // namespace tidbit::convert
