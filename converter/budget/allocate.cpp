#include "converter/budget/allocate.h"

namespace tidbit::convert {
namespace {

// Losses are estimates: a mixture that promises less than this gain can turn out to be the worse one.
constexpr double kWorthMixing = 0.9;

using Costs = std::vector<std::vector<StorageCost>>;

StorageCost sum_of(const Costs &costs, const std::vector<std::size_t> &ways) {
  StorageCost sum;
  for (std::size_t t = 0; t < costs.size(); ++t) {
    sum.bytes += costs[t][ways[t]].bytes;
    sum.loss += costs[t][ways[t]].loss;
  }
  return sum;
}

// A larger way for a tensor.
struct Step {
  std::size_t tensor = 0, way = 0;
  double gain = 0;  // loss that is saved per byte
};

// The step with the largest gain that takes at most `spare` bytes.
Step best_step(const Costs &costs, const std::vector<std::size_t> &ways, std::uint64_t spare) {
  Step best;
  for (std::size_t t = 0; t < costs.size(); ++t) {
    const StorageCost &now = costs[t][ways[t]];
    for (std::size_t way = ways[t] + 1; way < costs[t].size(); ++way) {
      const std::uint64_t more = costs[t][way].bytes - now.bytes;
      if (more > spare) break;
      const double gain = (now.loss - costs[t][way].loss) / static_cast<double>(more);
      if (gain > best.gain) best = {t, way, gain};
    }
  }
  return best;
}

// Takes one step after the other while there is room.
StorageCost improve(const Costs &costs, std::uint64_t budget, std::vector<std::size_t> &ways) {
  StorageCost sum = sum_of(costs, ways);
  for (Step step = best_step(costs, ways, budget - sum.bytes); step.gain > 0;
       step = best_step(costs, ways, budget - sum.bytes)) {
    ways[step.tensor] = step.way;
    sum = sum_of(costs, ways);
  }
  return sum;
}

}  // namespace

std::vector<std::size_t> allocate(const Costs &costs, std::uint64_t budget) {
  std::vector<std::size_t> mixed(costs.size());
  if (sum_of(costs, mixed).bytes > budget) return {};
  const double mixed_loss = improve(costs, budget, mixed).loss;
  for (std::size_t way = costs.empty() ? 0 : costs.front().size(); way-- > 0;) {
    std::vector<std::size_t> same(costs.size(), way);
    if (sum_of(costs, same).bytes > budget) continue;
    return mixed_loss < kWorthMixing * improve(costs, budget, same).loss ? mixed : same;
  }
  return mixed;
}

}  // namespace tidbit::convert
