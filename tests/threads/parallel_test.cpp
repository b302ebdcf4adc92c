#include "converter/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace tidbit::convert {
namespace {

TEST(InParallel, EveryTaskRunsOnce) {
  for (const std::uint32_t count : {0u, 1u, 2u, 1000u}) {
    std::vector<std::atomic<int>> runs(count);
    in_parallel(count, [&](std::uint32_t i) { ++runs[i]; });
    for (const auto &times : runs) EXPECT_EQ(times, 1) << count;
  }
}

TEST(InParallel, WhatATaskThrowsReachesTheCaller) {
  const auto body = [](std::uint32_t i) {
    if (i % 7 == 3) throw std::runtime_error("task");
  };
  EXPECT_THROW(in_parallel(100, body), std::runtime_error);
  EXPECT_NO_THROW(in_parallel(3, body));
}

}  // namespace
}  // namespace tidbit::convert
