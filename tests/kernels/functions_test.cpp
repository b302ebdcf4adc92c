// The elementary functions of the scalar table against the C library in long double.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/generic/exp.h"
#include "kernels/isa/scalar_lanes.h"
#include "tests/kernels/buffers.h"
#include "tests/kernels/tables.h"

namespace tidbit::test {
namespace {

using Functions = Elementary<ScalarLanes>;
using format::Activation;

// |actual - exact| in units in the last place of `scale`, taken as at least the smallest normal number.
double ulps(long double exact, float actual, long double scale) {
  const int exponent = std::max(std::ilogb(scale), -126);
  return static_cast<double>(std::fabs(exact - static_cast<long double>(actual)) / std::ldexp(1.0L, exponent - 23));
}

template <class Check>
double worst_between(float low, float high, Check check) {
  double worst = 0;
  constexpr int kSteps = 200000;
  for (int i = 0; i <= kSteps; ++i) {
    const float x = low + (high - low) * (static_cast<float>(i) / kSteps);
    worst = std::max(worst, check(x));
  }
  return worst;
}

float activation(Activation kind, float x) {
  scalar().activate(kind, &x, nullptr, 1);
  return x;
}

TEST(Exp, IsWithinOneUlp) {
  const auto error = [](float x) {
    return ulps(std::exp(static_cast<long double>(x)), Functions::exp(x), std::exp(static_cast<long double>(x)));
  };
  EXPECT_LT(worst_between(-87.0f, 88.0f, error), 1.0);
  EXPECT_LT(worst_between(-1.0f, 1.0f, error), 1.0);
}

TEST(Exp, IsExactAtZeroAndClampedOutside) {
  EXPECT_EQ(Functions::exp(0.0f), 1.0f);
  EXPECT_EQ(Functions::exp(-0.0f), 1.0f);
  EXPECT_EQ(Functions::exp(-87.00001f), 0.0f);
  EXPECT_EQ(Functions::exp(-INFINITY), 0.0f);
  EXPECT_EQ(Functions::exp(1000.0f), Functions::exp(88.0f));
  EXPECT_EQ(Functions::exp(INFINITY), Functions::exp(88.0f));
  EXPECT_EQ(Functions::exp(NAN), Functions::exp(88.0f));
}

TEST(Exp, NeverFalls) {
  float before = 0;
  for (int i = 0; i <= 1000000; ++i) {
    const float value = Functions::exp(-88.0f + static_cast<float>(i) * 0.000176f);
    ASSERT_GE(value, before) << i;
    before = value;
  }
}

TEST(Erf, IsWithinThreeUlps) {
  const auto error = [](float x) {
    const long double exact = std::erf(static_cast<long double>(x));
    return x == 0 ? 0 : ulps(exact, Functions::erf(x), exact);
  };
  EXPECT_LT(worst_between(-5.0f, 5.0f, error), 3.0);
  EXPECT_LT(worst_between(-1e-3f, 1e-3f, error), 3.0);
}

TEST(Erf, IsOddAndReachesOne) {
  EXPECT_EQ(Functions::erf(INFINITY), 1.0f);
  EXPECT_EQ(Functions::erf(-10.0f), -1.0f);
  EXPECT_TRUE(std::signbit(Functions::erf(-0.0f)));
  for (float x = 0; x < 5; x += 0.01f) EXPECT_EQ(Functions::erf(-x), -Functions::erf(x));
}

// Of activations the error is taken in units of x: where the result is much smaller, it is lost in the sums it goes
// into.
TEST(Silu, IsWithinTwoUlpsOfX) {
  const auto error = [](float x) {
    const long double exact = x / (1 + std::exp(-static_cast<long double>(x)));
    return x == 0 ? 0 : ulps(exact, activation(Activation::silu, x), x);
  };
  EXPECT_LT(worst_between(-80.0f, 80.0f, error), 2.0);
  EXPECT_LT(worst_between(-2.0f, 2.0f, error), 2.0);
}

TEST(GeluTanh, IsWithinThreeUlpsOfX) {
  const auto error = [](float x) {
    const long double wide = x, root = 0.797884560802865355879892119868763737L;
    const long double exact = 0.5L * wide * (1 + std::tanh(root * (wide + 0.044715L * wide * wide * wide)));
    return x == 0 ? 0 : ulps(exact, activation(Activation::gelu_tanh, x), x);
  };
  EXPECT_LT(worst_between(-10.0f, 10.0f, error), 3.0);
  EXPECT_LT(worst_between(-1.0f, 1.0f, error), 3.0);
}

TEST(GeluErf, IsWithinTwoUlpsOfX) {
  const auto error = [](float x) {
    const long double exact = 0.5L * x * (1 + std::erf(static_cast<long double>(x) / std::sqrt(2.0L)));
    return x == 0 ? 0 : ulps(exact, activation(Activation::gelu_erf, x), x);
  };
  EXPECT_LT(worst_between(-10.0f, 10.0f, error), 2.0);
  EXPECT_LT(worst_between(-1.0f, 1.0f, error), 2.0);
}

TEST(Activations, OfZeroAreZeroAndOfLargeXAreX) {
  for (const Activation kind : {Activation::relu, Activation::gelu_erf, Activation::gelu_tanh, Activation::silu}) {
    EXPECT_EQ(activation(kind, 0.0f), 0.0f);
    EXPECT_EQ(activation(kind, 1000.0f), 1000.0f);
  }
}

TEST(Tanh, IsCloseAndKeepsInfinitiesAndNan) {
  const auto error = [](float x) { return ulps(std::tanh(static_cast<long double>(x)), Functions::tanh(x), 1); };
  EXPECT_LT(worst_between(-20.0f, 20.0f, error), 2.0);
  EXPECT_EQ(Functions::tanh(INFINITY), 1.0f);
  EXPECT_EQ(Functions::tanh(-INFINITY), -1.0f);
  EXPECT_TRUE(std::isnan(Functions::tanh(NAN)));
  EXPECT_TRUE(std::isnan(Functions::tanh(-NAN)));
}

TEST(Softmax, GivesExponentialsOfTheDistanceFromTheMaximumAndTheirSum) {
  std::vector<float> x = {1.0f, -3.0f, 2.5f, 0.0f, 2.5f};
  const float sum = scalar().softmax(x.data(), static_cast<std::uint32_t>(x.size()));
  EXPECT_EQ(x[2], 1.0f);
  EXPECT_NEAR(x[1], std::exp(-5.5), 1e-8);
  EXPECT_NEAR(sum, std::exp(-1.5) + std::exp(-5.5) + 1 + std::exp(-2.5) + 1, 1e-6);
}

TEST(RmsNorm, AddsElementIToPartialSumIModulo16) {
  constexpr std::uint32_t kCount = 37;
  Random random(5);
  std::vector<float> x(kCount), ones(kCount, 1.0f), y(kCount);
  float parts[16] = {};
  for (std::uint32_t i = 0; i < kCount; ++i) {
    x[i] = random.unit();
    parts[i % 16] = std::fma(x[i], x[i], parts[i % 16]);
  }
  scalar().rms_norm(x.data(), ones.data(), kCount, 1e-6f, y.data());
  const float scale = 1.0f / std::sqrt(tree_sum(parts) / static_cast<float>(kCount) + 1e-6f);
  for (std::uint32_t i = 0; i < kCount; ++i) EXPECT_EQ(y[i], x[i] * scale);
}

TEST(LayerNorm, CentresAndScales) {
  std::vector<float> x = {1, 2, 3, 4}, weight = {1, 1, 2, 1}, bias = {0, 0, 10, 0}, y(4);
  scalar().layer_norm(x.data(), weight.data(), bias.data(), 4, 0.0f, y.data());
  const double deviation = std::sqrt(1.25);
  EXPECT_NEAR(y[0], -1.5 / deviation, 1e-6);
  EXPECT_NEAR(y[2], 10 + 2 * 0.5 / deviation, 1e-6);
}

TEST(RotateHalves, TurnsEachPairAndLeavesTheRest) {
  std::vector<float> x = {1, 2, 3, 4, 5}, cos = {0.6f, 0}, sin = {0.8f, 1};
  scalar().rotate_halves(x.data(), cos.data(), sin.data(), 1, 5, 2);
  EXPECT_FLOAT_EQ(x[0], 0.6f * 1 - 0.8f * 3);
  EXPECT_FLOAT_EQ(x[2], 0.8f * 1 + 0.6f * 3);
  EXPECT_EQ(x[1], -4.0f);
  EXPECT_EQ(x[3], 2.0f);
  EXPECT_EQ(x[4], 5.0f);
}

}  // namespace
}  // namespace tidbit::test
