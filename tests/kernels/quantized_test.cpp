// The scalar q8 kernels against implementations that know the layouts from their documents only.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/arith.h"
#include "tests/kernels/buffers.h"
#include "tests/kernels/tables.h"

namespace tidbit::test {
namespace {

// A q8 matrix as rows and columns.
struct PlainQ8 {
  std::uint32_t rows, cols, group;
  std::vector<std::int8_t> codes;     // [rows][cols]
  std::vector<std::uint16_t> scales;  // [rows][groups]

  std::uint32_t groups() const { return (cols + group - 1) / group; }

  PlainQ8(Random &random, std::uint32_t rows_, std::uint32_t cols_, std::uint32_t group_)
      : rows(rows_), cols(cols_), group(group_), codes(std::size_t{rows} * cols), scales(std::size_t{rows} * groups()) {
    for (auto &c : codes) c = static_cast<std::int8_t>(static_cast<int>(random.bits() % 255) - 127);
    for (auto &s : scales) s = random_half(random, Values::plain);
  }

  // [tile] { f16 scale [groups][16], zeros up to 64 bytes; code [ceil(cols / 4)][16][4] }
  std::vector<std::byte> packed() const {
    const std::size_t scale_bytes = (std::size_t{groups()} * 32 + 63) / 64 * 64;
    const std::size_t tile_bytes = scale_bytes + std::size_t{(cols + 3) / 4} * 64;
    std::vector<std::byte> out((rows + 15) / 16 * tile_bytes);
    for (std::uint32_t r = 0; r < rows; ++r) {
      std::byte *tile = out.data() + r / 16 * tile_bytes;
      for (std::uint32_t g = 0; g < groups(); ++g) {
        std::memcpy(tile + (g * 16 + r % 16) * 2, &scales[std::size_t{r} * groups() + g], 2);
      }
      for (std::uint32_t c = 0; c < cols; ++c) {
        tile[scale_bytes + c / 4 * 64 + r % 16 * 4 + c % 4] = static_cast<std::byte>(codes[std::size_t{r} * cols + c]);
      }
    }
    return out;
  }

  float times(std::uint32_t row, const std::int8_t *x, const float *x_scales) const {
    float acc = 0;
    for (std::uint32_t g = 0; g < groups(); ++g) {
      std::int64_t sum = 0;
      for (std::uint32_t c = g * group; c < std::min(cols, (g + 1) * group); ++c) {
        sum += std::int64_t{codes[std::size_t{row} * cols + c]} * x[c];
      }
      const float scale = half_to_float(scales[std::size_t{row} * groups() + g]) * x_scales[g];
      acc = std::fma(static_cast<float>(sum), scale, acc);
    }
    return acc;
  }
};

TEST(MatmulQ8, EqualsRowsTimesColumns) {
  for (unsigned round = 0; round < 200; ++round) {
    Random random(round);
    const PlainQ8 w(random, random.from_to(1, 50), random.from_to(1, 300), random.from_to(1, 64) * 4);
    const std::uint32_t stride = (w.cols + 63) / 64 * 64;
    std::vector<float> x(w.cols), scales(w.groups()), y(w.rows);
    std::vector<std::int8_t> codes(stride);
    std::vector<std::int32_t> sums(w.groups());
    for (float &v : x) v = random_value(random, Values::wide);
    scalar().quantize(x.data(), w.cols, w.group, codes.data(), scales.data(), sums.data());
    const std::vector<std::byte> packed = w.packed();
    ASSERT_EQ(packed.size(), format::tensor_bytes(format::Dtype::q8, format::Layout::tile16, w.rows, w.cols, w.group));
    const QuantizedRows q{codes.data(), scales.data(), sums.data(), stride, w.groups()};
    scalar().matmul_q8({packed.data(), w.rows, w.cols, w.group, 1, nullptr, 0, q, y.data(), w.rows}, 0,
                       (w.rows + 15) / 16);
    for (std::uint32_t r = 0; r < w.rows; ++r) {
      ASSERT_EQ(result_bits(w.times(r, codes.data(), scales.data())), result_bits(y[r])) << "row " << r;
    }
  }
}

TEST(Quantize, CodesAreTheNearestMultiplesOfTheScale) {
  for (unsigned round = 0; round < 300; ++round) {
    Random random(round);
    const std::uint32_t n = random.from_to(1, 400), group = random.from_to(1, 64) * 4;
    std::vector<float> x(n), scales((n + group - 1) / group);
    std::vector<std::int8_t> codes((n + 63) / 64 * 64, 99);
    std::vector<std::int32_t> sums(scales.size());
    for (float &v : x) v = random_value(random, Values::wide);
    scalar().quantize(x.data(), n, group, codes.data(), scales.data(), sums.data());
    for (std::uint32_t g = 0; g < scales.size(); ++g) {
      float highest = 0;
      int sum = 0;
      const std::uint32_t end = std::min(n, (g + 1) * group);
      for (std::uint32_t i = g * group; i < end; ++i) highest = std::max(highest, std::fabs(x[i]));
      EXPECT_EQ(scales[g], highest / 127.0f);
      for (std::uint32_t i = g * group; i < end; ++i) {
        EXPECT_EQ(codes[i], std::nearbyint(x[i] * (127.0f / highest)));
        EXPECT_LE(std::abs(codes[i]), 127);
        sum += codes[i];
      }
      EXPECT_EQ(sums[g], sum);
    }
    for (std::size_t i = n; i < codes.size(); ++i) EXPECT_EQ(codes[i], 0);
  }
}

struct OneGroup {
  std::int8_t codes[64];
  float scale;
  std::int32_t sum;
  explicit OneGroup(std::vector<float> x) {
    scalar().quantize(x.data(), static_cast<std::uint32_t>(x.size()), 64, codes, &scale, &sum);
  }
};

TEST(Quantize, TiesGoToTheEvenCode) {
  const OneGroup q({127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f});
  const std::int8_t expected[] = {127, 0, 2, 2, 0, -2};
  EXPECT_TRUE(std::equal(std::begin(expected), std::end(expected), q.codes));
}

TEST(Quantize, TheLargestMagnitudeIsAlways127) {
  Random random(9);
  for (int i = 0; i < 200000; ++i) {
    const float x = std::ldexp(1.0f + std::fabs(random.unit()), static_cast<int>(random.bits() % 218) - 100);
    const OneGroup q({x, -x});
    ASSERT_EQ(q.codes[0], 127) << x;
    ASSERT_EQ(q.codes[1], -127) << x;
  }
}

TEST(Quantize, VanishingGroupsAreZero) {
  for (const float tiny : {0.0f, -0.0f, 1e-45f, 0x1.fffffep-101f}) {
    const OneGroup q({tiny, -tiny});
    EXPECT_EQ(q.scale, 0.0f);
    EXPECT_EQ(q.sum, 0);
    EXPECT_EQ(q.codes[0], 0);
  }
}

TEST(Quantize, WhatIsNotFiniteOrTooLargeGivesANanScale) {
  for (const float bad : {INFINITY, -INFINITY, NAN, 3e38f}) {
    const OneGroup q({1.0f, bad});
    EXPECT_TRUE(std::isnan(q.scale));
    EXPECT_EQ(q.codes[0], 0);
  }
}

TEST(ScoresQ8, EqualQueryTimesKey) {
  constexpr std::uint32_t kPositions = 37, kHeadDim = 50, kWords = 13;
  Random random(11);
  std::vector<std::int8_t> keys(48 * kHeadDim), tiles(3 * kWords * 64), q(64);
  std::vector<float> k_scales(48), scores(48);
  int q_sum = 0;
  for (auto &c : keys) c = static_cast<std::int8_t>(random.bits());
  for (auto &s : k_scales) s = random.unit();
  for (std::uint32_t d = 0; d < kHeadDim; ++d) {
    q[d] = static_cast<std::int8_t>(static_cast<int>(random.bits() % 255) - 127);
    q_sum += q[d];
    for (std::uint32_t p = 0; p < 48; ++p)
      tiles[(p / 16 * kWords + d / 4) * 64 + p % 16 * 4 + d % 4] = keys[p * kHeadDim + d];
  }
  scalar().scores_q8(
      {tiles.data(), k_scales.data(), nullptr, q.data(), 0.3f, q_sum, kPositions, kHeadDim, 0.125f, scores.data()});
  for (std::uint32_t p = 0; p < kPositions; ++p) {
    int sum = 0;
    for (std::uint32_t d = 0; d < kHeadDim; ++d) sum += keys[p * kHeadDim + d] * q[d];
    EXPECT_EQ(scores[p], static_cast<float>(sum) * (k_scales[p] * 0.3f) * 0.125f);
  }
}

TEST(Mix, AddsPositionsInAscendingOrder) {
  constexpr std::uint32_t kPositions = 21, kHeadDim = 7;
  Random random(12);
  std::vector<std::int8_t> v(kPositions * kHeadDim);
  std::vector<float> scales(kPositions), weights(kPositions), out(kHeadDim);
  for (auto &c : v) c = static_cast<std::int8_t>(random.bits());
  for (auto &s : scales) s = random.unit();
  for (auto &w : weights) w = random.unit();
  scalar().mix_q8({v.data(), scales.data(), weights.data(), 0.7f, kPositions, kHeadDim, out.data()});
  for (std::uint32_t d = 0; d < kHeadDim; ++d) {
    float acc = 0;
    for (std::uint32_t p = 0; p < kPositions; ++p) {
      acc = std::fma(weights[p] * scales[p], static_cast<float>(v[p * kHeadDim + d]), acc);
    }
    EXPECT_EQ(out[d], acc * 0.7f);
  }
}

}  // namespace
}  // namespace tidbit::test
