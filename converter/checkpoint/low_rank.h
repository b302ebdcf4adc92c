// A matrix of low rank that is added to a stored one while it is read: an adapter, merged without holding the model.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

// The factors of the update that was read last, so that only those of one tensor are in memory.
struct FactorCache {
  const LowRank *owner = nullptr;
  std::vector<float> left, right;
};

// scale * left * right, with left [rows][rank] and right [rank][cols].
class LowRank {
 public:
  // `a` is [rank][in] and `b` [out][rank]. The matrix is [out][in], or with `transposed` [in][out].
  LowRank(StoredTensor a, StoredTensor b, double scale, bool transposed, std::shared_ptr<FactorCache> cache);
  LowRank(const LowRank &) = delete;
  LowRank &operator=(const LowRank &) = delete;

  // Adds elements [first, first + count) of the update to out[count].
  void add(std::uint64_t first, std::uint64_t count, float *out) const;

 private:
  void load() const;

  StoredTensor a_, b_;
  float scale_;
  bool transposed_;
  std::uint64_t rank_, cols_;
  std::shared_ptr<FactorCache> cache_;
};

}  // namespace tidbit::convert
