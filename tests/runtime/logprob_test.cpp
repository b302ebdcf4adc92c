#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tidbit/tidbit.h"

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

float logprob(const std::vector<float> &logits, std::size_t token) {
  float value = kNan;
  EXPECT_EQ(tidbit_logprob(logits.data(), static_cast<uint32_t>(logits.size()), static_cast<int32_t>(token), &value),
            TIDBIT_OK);
  return value;
}

double reference(const std::vector<float> &logits, std::size_t token) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double rest = -1;  // without the largest, so that log1p keeps small sums
  for (const float l : logits) rest += std::exp(static_cast<double>(l) - highest);
  return static_cast<double>(logits[token]) - highest - std::log1p(rest);
}

std::vector<float> random_logits(std::size_t count, float spread, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> logits(count);
  for (float &l : logits) l = (static_cast<float>(random() % 65536) / 32768 - 1) * spread;
  return logits;
}

TEST(Logprob, IsTheLogarithmOfTheSoftmax) {
  for (const std::size_t count : {1u, 2u, 3u, 100u, 49152u}) {
    for (const float spread : {0.0f, 0.5f, 5.0f, 30.0f}) {
      const auto logits = random_logits(count, spread, 1);
      for (const std::size_t token : {std::size_t{0}, count / 2, count - 1}) {
        const double expected = reference(logits, token);
        EXPECT_NEAR(logprob(logits, token), expected, 1e-6 * std::abs(expected) + 2e-7) << count << " " << spread;
      }
    }
  }
}

TEST(Logprob, OfManyEqualsIsTheLogarithmOfTheirNumber) {
  for (std::size_t count = 1; count <= 1u << 20; count = count * 3 / 2 + 1) {
    const double expected = -std::log(static_cast<double>(count));
    EXPECT_NEAR(logprob(std::vector<float>(count, -7.0f), count - 1), expected, 2e-7 * std::abs(expected)) << count;
  }
}

// 1 - p is 1e-3 to 1e-9: the logarithm of p keeps most digits of it.
TEST(Logprob, OfANearlyCertainTokenKeepsItsDigits) {
  for (const float gap : {7.0f, 10.0f, 14.0f, 18.0f, 20.0f}) {
    const std::vector<float> logits{gap, 0};
    const double expected = reference(logits, 0);
    EXPECT_NEAR(logprob(logits, 0), expected, std::abs(expected) * 1e-6 + 0x1p-40) << gap;
  }
}

TEST(Logprob, OfTheOnlyAllowedTokenIsZero) {
  const std::vector<float> logits{-kInfinity, -1e30f, -kInfinity};
  EXPECT_EQ(logprob(logits, 1), 0);
  EXPECT_EQ(logprob(logits, 0), -kInfinity);
}

TEST(Logprob, DoesNotDependOnTheOrderOfTheOthers) {
  auto logits = random_logits(5000, 9, 3);
  const float value = logprob(logits, 0);
  for (int i = 0; i < 20; ++i) {
    std::shuffle(logits.begin() + 1, logits.end(), std::mt19937(static_cast<unsigned>(i)));
    EXPECT_EQ(logprob(logits, 0), value);
  }
}

// ARITHMETIC.md prescribes every bit. The logits are multiples of 2^-8.
TEST(Logprob, EveryTargetGetsTheseBits) {
  std::vector<float> logits(1000), values(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i * 7919 % 4093) / 256 - 8;
  for (std::size_t i = 0; i < logits.size(); ++i) values[i] = logprob(logits, i);
  EXPECT_EQ(tidbit_hash(values.data(), values.size() * sizeof values[0]), 0xB06784FD944F69FAu);
}

TEST(Logprob, WhatHasNoLogarithmIsRefused) {
  float value = 5;
  for (const std::vector<float> &bad :
       {std::vector<float>{0, kNan}, {kNan, 0}, {0, kInfinity}, {-kInfinity, -kInfinity}}) {
    EXPECT_EQ(tidbit_logprob(bad.data(), 2, 0, &value), TIDBIT_ERR_NOT_FINITE);
  }
  const std::vector<float> good(3);
  EXPECT_EQ(tidbit_logprob(good.data(), 3, -1, &value), TIDBIT_ERR_TOKEN);
  EXPECT_EQ(tidbit_logprob(good.data(), 3, 3, &value), TIDBIT_ERR_TOKEN);
  EXPECT_EQ(tidbit_logprob(nullptr, 3, 0, &value), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_logprob(good.data(), 0, 0, &value), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_logprob(good.data(), (1u << 20) + 1, 0, &value), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_logprob(good.data(), 3, 0, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(value, 5);
}

}  // namespace
