// Formats that are chosen for a budget: what is chosen, that it fits, and what is refused.
#include <cmath>
#include <random>

#include "converter/blob/blob_view.h"
#include "converter/budget/allocate.h"
#include "converter/parallel.h"
#include "converter/summary.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

using convert::allocate;
using convert::convert;
using convert::StorageCost;
using Costs = std::vector<std::vector<StorageCost>>;

StorageCost sum_of(const Costs &costs, const std::vector<std::size_t> &ways) {
  StorageCost sum;
  for (std::size_t t = 0; t < costs.size(); ++t) {
    sum.bytes += costs[t].at(ways[t]).bytes;
    sum.loss += costs[t].at(ways[t]).loss;
  }
  return sum;
}

// Tensors of different sizes and importance, whose loss falls to about a quarter with each further bit.
Costs random_costs(unsigned seed) {
  std::mt19937 generator(seed);
  Costs costs(1 + generator() % 20);
  for (auto &ways : costs) {
    const std::uint64_t size = 1 + generator() % 50;
    double loss = std::exp(static_cast<double>(generator() % 100) / 20);
    for (std::uint64_t bits = 2; bits <= 6; ++bits, loss /= 3 + static_cast<double>(generator() % 20) / 10) {
      ways.push_back({bits * size, loss});
    }
  }
  return costs;
}

TEST(Allocation, FitsAndNeverLosesMoreThanTheBestSingleWay) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Costs costs = random_costs(seed);
    const StorageCost least = sum_of(costs, std::vector<std::size_t>(costs.size(), 0));
    const std::uint64_t budget = least.bytes + seed % 100 * least.bytes / 40;
    const StorageCost chosen = sum_of(costs, allocate(costs, budget));
    EXPECT_LE(chosen.bytes, budget);
    for (std::size_t way = 0; way < 5; ++way) {
      const StorageCost same = sum_of(costs, std::vector<std::size_t>(costs.size(), way));
      if (same.bytes > budget) continue;
      EXPECT_LE(chosen.loss, same.loss * (1 + 1e-9)) << seed;
    }
  }
}

TEST(Allocation, SpendsBytesWhereTheyGainMost) {
  const Costs costs = {{{10, 1}, {20, 0.5}}, {{10, 8}, {20, 1}}, {{10, 4}, {20, 1}}};
  EXPECT_EQ(allocate(costs, 30), (std::vector<std::size_t>{0, 0, 0}));
  EXPECT_EQ(allocate(costs, 49), (std::vector<std::size_t>{0, 1, 0}));
  EXPECT_EQ(allocate(costs, 50), (std::vector<std::size_t>{0, 1, 1}));
  EXPECT_EQ(allocate(costs, 1000), (std::vector<std::size_t>{1, 1, 1}));
}

TEST(Allocation, IsEmptyIfNothingFits) {
  EXPECT_TRUE(allocate({{{10, 1}}, {{10, 1}}}, 19).empty());
  EXPECT_TRUE(allocate({}, 0).empty());
}

convert::ConvertOptions budgeted(const Folder &folder, double bits, std::uint64_t bytes = 0) {
  convert::ConvertOptions options = plain_options(golden("llama-gqa"), folder / "out.tidbit");
  options.budget = {bits, bytes};
  return options;
}

double bits_of(const convert::ConvertReport &report) {
  return static_cast<double>(report.info.weight_bytes) * 8 / static_cast<double>(report.info.parameters);
}

TEST(Budget, OfBitsIsKept) {
  const Folder folder;
  const double least = bits_of(convert(budgeted(folder, 16)));
  ASSERT_GT(least, 8);
  for (const double bits : {12.0, 9.0}) {
    const auto report = convert(budgeted(folder, bits));
    EXPECT_LE(bits_of(report), bits);
    EXPECT_GT(bits_of(report), bits - 1.5);
  }
}

TEST(Budget, OfBytesIsKeptAlsoWithASignature) {
  const Folder folder;
  write_file(folder / "key", kTestKey);
  const std::uint64_t largest = convert(budgeted(folder, 16)).info.blob_bytes;
  convert::ConvertOptions options = budgeted(folder, 0, largest - 1000);
  for (const char *key : {"", "key"}) {
    if (*key != 0) options.sign_key = folder / key;
    const std::uint64_t bytes = convert(options).info.blob_bytes;
    EXPECT_LE(bytes, largest - 1000);
    EXPECT_GT(bytes, largest - 5000);
  }
  const auto report = convert(options);
  EXPECT_NE(convert::summary(report, options).find("chosen for " + std::to_string(largest - 1000) + " bytes: "),
            std::string::npos);
  EXPECT_NE(report.converter.find(" --size " + std::to_string(largest - 1000)), std::string::npos);
}

TEST(Budget, GivesTheSameBlobWithAnyNumberOfThreads) {
  const Folder folder;
  std::string first;
  for (const std::uint32_t threads : {1u, 2u, 5u}) {
    convert::limit_threads(threads);
    convert(budgeted(folder, 10));
    const std::string blob = read_file(folder / "out.tidbit");
    if (first.empty()) first = blob;
    EXPECT_EQ(blob, first) << threads;
  }
  convert::limit_threads(0);
}

TEST(Budget, ThatIsTooSmallIsRefusedWithWhatIsMissing) {
  const Folder folder;
  EXPECT_NE(failure([&] { convert(budgeted(folder, 2)); }).find("does not fit 2 bits: with the smallest formats"),
            std::string::npos);
  EXPECT_NE(failure([&] { convert(budgeted(folder, 0, 100)); }).find("does not fit 100 bytes"), std::string::npos);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace tidbit::test
