// Which size each of several things gets when all must fit into a budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidbit::convert {

// A way to store a tensor, and what it costs.
struct StorageCost {
  std::uint64_t bytes = 0;
  double loss = 0;
};

// costs[tensor][way]: each tensor has the same ways, in the order of their bytes, which differ. Returns a way for each
// tensor, so that the sum of the losses is small and that of the bytes is at most `budget`. Where mixing gains little,
// it is the largest way that fits for all tensors, with some of them in a larger way. Empty if not even the smallest
// ways fit.
std::vector<std::size_t> allocate(const std::vector<std::vector<StorageCost>> &costs, std::uint64_t budget);

}  // namespace tidbit::convert
