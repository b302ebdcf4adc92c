// fma, square root and half precision against slow definitions.
#include <gtest/gtest.h>

#include <cmath>

#include "base/arith.h"
#include "tests/kernels/buffers.h"
#include "tests/support/tries.h"

namespace tidbit::test {
namespace {

// ---- fma ----

// The two ways to compute it without the instruction.
void expect_fma(float a, float b, float c) {
  for (const auto &way : {fma_by_double, fma_by_integers}) {
    ASSERT_EQ(result_bits(std::fma(a, b, c)), result_bits(way(a, b, c)))
        << (way == fma_by_double ? "by double: " : "by integers: ") << std::hexfloat << a << " * " << b << " + " << c;
  }
}

float random_bits_float(Random &random) { return bits_float(random.bits()); }

TEST(FmaWithoutTheInstruction, EqualsFmaOnArbitraryBits) {
  Random random(1);
  for (int i = 0; i < 1000000; ++i) {
    const float a = random_bits_float(random), b = random_bits_float(random), c = random_bits_float(random);
    ASSERT_NO_FATAL_FAILURE(expect_fma(a, b, c));
  }
}

TEST(FmaWithoutTheInstruction, EqualsFmaWhereTheProductAlmostCancels) {
  Random random(2);
  for (int i = 0; i < 1000000; ++i) {
    const float a = random.unit(), b = random.unit();
    const float near = bits_float(float_bits(-a * b) + random.bits() % 5 - 2);
    ASSERT_NO_FATAL_FAILURE(expect_fma(a, b, near));
  }
}

// The exact sum lies at, or a hair beside, the middle between two floats.
TEST(FmaWithoutTheInstruction, EqualsFmaAtTies) {
  Random random(3);
  for (int i = 0; i < 1000000; ++i) {
    const float c = random.unit() * 4;
    const float half_ulp = std::ldexp(1.0f, std::ilogb(c) - 24);
    const float factor = 1.0f + std::ldexp(static_cast<float>(static_cast<int>(random.bits() % 3) - 1), -23);
    const float sign = random.bits() % 2 == 0 ? 1.0f : -1.0f;
    ASSERT_NO_FATAL_FAILURE(
        expect_fma(factor * sign, half_ulp * (1.0f - std::ldexp(static_cast<float>(i % 2), -24)), c));
  }
}

TEST(FmaWithoutTheInstruction, EqualsFmaWhereResultsAreSubnormal) {
  Random random(4);
  for (int i = 0; i < 1000000; ++i) {
    const float a = std::ldexp(random.unit(), -static_cast<int>(random.bits() % 80) - 30);
    const float b = std::ldexp(random.unit(), -static_cast<int>(random.bits() % 80) - 30);
    const float c = std::ldexp(random.unit(), -126 - static_cast<int>(random.bits() % 24));
    ASSERT_NO_FATAL_FAILURE(expect_fma(a, b, c));
  }
}

TEST(FmaWithoutTheInstruction, RoundsOnceWhereDoubleRoundsTwice) {
  const float a = 1.0f + 0x1p-12f;
  expect_fma(a, a, 0x1p-60f);
  expect_fma(a, a, -0x1p-60f);
}

TEST(FmaWithoutTheInstruction, KeepsTheSignsOfZero) {
  expect_fma(0.0f, -1.0f, 0.0f);
  expect_fma(0.0f, -1.0f, -0.0f);
  expect_fma(2.0f, 3.0f, -6.0f);
  expect_fma(0x1p-100f, -0x1p-100f, 0.0f);
  expect_fma(0x1p-100f, -0x1p-100f, -0.0f);
}

// Every pair of exponents of a product and an addend, with significands that carry, tie and cancel.
TEST(FmaWithoutTheInstruction, EqualsFmaForAllExponents) {
  constexpr std::uint32_t kSignificands[] = {0, 1, 0x400000, 0x7FFFFF};
  for (std::uint32_t i = 0; i < 256 * 256; i += kEvery) {
    for (std::uint32_t j = 0; j < 4 * 4 * 4; ++j) {
      const float a = bits_float((i % 256) << 23 | kSignificands[j % 4]);
      const float b = bits_float(0x3F800000 | kSignificands[j / 4 % 4]);
      const float c = bits_float(0x80000000 | (i / 256) << 23 | kSignificands[j / 16]);
      ASSERT_NO_FATAL_FAILURE(expect_fma(a, b, c));
      ASSERT_NO_FATAL_FAILURE(expect_fma(-a, b, c));
    }
  }
}

// ---- square root ----

TEST(RoundingToBfloat16, IsToNearestAndTiesToEven) {
  EXPECT_EQ(rounded_to_bfloat16(256), 256);
  EXPECT_EQ(rounded_to_bfloat16(257), 256);
  EXPECT_EQ(rounded_to_bfloat16(259), 260);
  EXPECT_EQ(rounded_to_bfloat16(-257.5f), -258);
  EXPECT_EQ(rounded_to_bfloat16(0.1f), 0x1.9ap-4f);
}

TEST(SqrtByBits, EqualsSqrtOnArbitraryBits) {
  Random random(5);
  for (int i = 0; i < 1000000; ++i) {
    const float x = random_bits_float(random);
    ASSERT_EQ(result_bits(std::sqrt(x)), result_bits(sqrt_by_bits(x))) << std::hexfloat << x;
  }
}

TEST(SqrtByBits, EqualsSqrtBesideSquaresAndPowersOfTwo) {
  for (std::uint32_t root = 1; root < 4096; ++root) {
    const std::uint32_t square = float_bits(static_cast<float>(root * root));
    for (std::uint32_t bits = square - 2; bits <= square + 2; ++bits) {
      ASSERT_EQ(std::sqrt(bits_float(bits)), sqrt_by_bits(bits_float(bits))) << root;
    }
  }
  for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
    for (std::uint32_t bits = (exponent << 23) + 1; bits <= (exponent << 23) + 3; ++bits) {
      ASSERT_EQ(std::sqrt(bits_float(bits)), sqrt_by_bits(bits_float(bits)));
      const float below = bits_float(bits + 0x7FFFFB);
      ASSERT_EQ(std::sqrt(below), sqrt_by_bits(below));
    }
  }
}

TEST(SqrtByBits, KeepsZerosAndInfinityAndRefusesWhatIsBelowZero) {
  EXPECT_EQ(float_bits(sqrt_by_bits(0.0f)), 0u);
  EXPECT_EQ(float_bits(sqrt_by_bits(-0.0f)), 0x80000000u);
  EXPECT_EQ(sqrt_by_bits(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(sqrt_by_bits(-INFINITY)) && std::isnan(sqrt_by_bits(-1e-45f)) &&
              std::isnan(sqrt_by_bits(NAN)));
}

// ---- half precision ----

double value_of_half(std::uint32_t half) {
  const int exponent = static_cast<int>(half >> 10 & 31);
  const double mantissa = half & 0x3FF;
  const double magnitude = exponent == 0    ? std::ldexp(mantissa, -24)
                           : exponent == 31 ? (mantissa == 0 ? INFINITY : NAN)
                                            : std::ldexp(mantissa + 1024, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST(Half, EveryHalfWidensToItsValue) {
  for (std::uint32_t half = 0; half < 0x10000; ++half) {
    const double value = value_of_half(half);
    const float actual = half_to_float(static_cast<std::uint16_t>(half));
    ASSERT_EQ(result_bits(static_cast<float>(value)), result_bits(actual)) << half;
  }
}

TEST(Half, EveryHalfSurvivesTheRoundTrip) {
  for (std::uint32_t half = 0; half < 0x10000; ++half) {
    const std::uint32_t quiet = std::isnan(value_of_half(half)) ? 0x200 : 0;
    ASSERT_EQ(float_to_half(half_to_float(static_cast<std::uint16_t>(half))), half | quiet);
  }
}

TEST(Half, BetweenNeighboursTheNearerIsTakenAndTheEvenOneOfATie) {
  for (std::uint32_t half = 0; half < 0x7C00; ++half) {
    const double next = half + 1 == 0x7C00 ? 65536.0 : value_of_half(half + 1);
    const auto middle = static_cast<float>((value_of_half(half) + next) / 2);
    for (const std::uint32_t sign : {0u, 0x8000u}) {
      const float s = sign == 0 ? 1.0f : -1.0f;
      ASSERT_EQ(float_to_half(s * middle), sign | (half % 2 == 0 ? half : half + 1));
      ASSERT_EQ(float_to_half(s * std::nextafter(middle, 0.0f)), sign | half);
      ASSERT_EQ(float_to_half(s * std::nextafter(middle, INFINITY)), sign | (half + 1));
    }
  }
}

TEST(Half, TinyFloatsBecomeZeroAndHugeOnesInfinity) {
  EXPECT_EQ(float_to_half(1e-45f), 0);
  EXPECT_EQ(float_to_half(-1e-30f), 0x8000);
  EXPECT_EQ(float_to_half(3e38f), 0x7C00);
  EXPECT_EQ(float_to_half(-INFINITY), 0xFC00);
}

// ---- sums ----

TEST(TreeSum, AddsSixteenPartsInHalves) {
  float parts[16];
  for (int i = 0; i < 16; ++i) parts[i] = std::ldexp(1.0f + static_cast<float>(i), i * 3 - 20);
  float expected[16];
  std::copy(std::begin(parts), std::end(parts), expected);
  const auto level = [&](int n) {
    for (int i = 0; i < n; ++i) expected[i] += expected[i + n];
  };
  level(8), level(4), level(2), level(1);
  EXPECT_EQ(tree_sum(parts), expected[0]);
}

}  // namespace
}  // namespace tidbit::test
