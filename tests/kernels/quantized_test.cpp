// The scalar q8 and q4 kernels against implementations that know the layouts from their documents only.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/arith.h"
#include "format/formats.h"
#include "tests/kernels/buffers.h"
#include "tests/kernels/tables.h"

namespace tidbit::test {
namespace {

// A q8 matrix as rows and columns; packed, `kRun` consecutive codes of a row lie together.
template <std::uint32_t kRun>
struct PlainQ8 {
  static constexpr format::Format format = kRun == 4 ? format::Format::q8 : format::Format::q8x16;
  std::uint32_t rows, cols, group;
  std::vector<std::int8_t> codes;     // [rows][cols]
  std::vector<std::uint16_t> scales;  // [rows][groups]

  std::uint32_t groups() const { return (cols + group - 1) / group; }

  PlainQ8(Random &random, std::uint32_t rows_, std::uint32_t cols_, std::uint32_t group_)
      : rows(rows_), cols(cols_), group(group_), codes(std::size_t{rows} * cols), scales(std::size_t{rows} * groups()) {
    for (auto &c : codes) c = static_cast<std::int8_t>(static_cast<int>(random.bits() % 255) - 127);
    for (auto &s : scales) s = random_half(random, Values::plain);
  }

  // [tile] { f16 scale [groups][16], zeros up to 64 bytes; code [ceil(cols / run)][16][run] }
  std::vector<std::byte> packed() const {
    const std::size_t scale_bytes = (std::size_t{groups()} * 32 + 63) / 64 * 64;
    const std::size_t tile_bytes = scale_bytes + std::size_t{(cols + kRun - 1) / kRun} * 16 * kRun;
    std::vector<std::byte> out((rows + 15) / 16 * tile_bytes);
    for (std::uint32_t r = 0; r < rows; ++r) {
      std::byte *tile = out.data() + r / 16 * tile_bytes;
      for (std::uint32_t g = 0; g < groups(); ++g) {
        std::memcpy(tile + (g * 16 + r % 16) * 2, &scales[std::size_t{r} * groups() + g], 2);
      }
      for (std::uint32_t c = 0; c < cols; ++c) {
        tile[scale_bytes + c / kRun * 16 * kRun + r % 16 * kRun + c % kRun] =
            static_cast<std::byte>(codes[std::size_t{r} * cols + c]);
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

// A q4 matrix as rows and columns: weight = scale * (block scale * (code - 8) + 6 * block shift).
struct PlainQ4 {
  static constexpr format::Format format = format::Format::q4;
  std::uint32_t rows, cols, group;
  std::vector<int> codes;             // [rows][cols], 0 to 15
  std::vector<int> steps, shifts;     // [rows][blocks], 0 to 15 and -8 to 7
  std::vector<std::uint16_t> scales;  // [rows][groups]

  std::uint32_t groups() const { return (cols + group - 1) / group; }
  std::uint32_t blocks() const { return (cols + 31) / 32; }

  PlainQ4(Random &random, std::uint32_t rows_, std::uint32_t cols_, std::uint32_t group_)
      : rows(rows_),
        cols(cols_),
        group(group_),
        codes(rows * cols),
        steps(rows * blocks()),
        shifts(steps.size()),
        scales(rows * groups()) {
    for (int &c : codes) c = static_cast<int>(random.bits() % 16);
    for (int &s : steps) s = static_cast<int>(random.bits() % 16);
    for (int &s : shifts) s = static_cast<int>(random.bits() % 16) - 8;
    for (auto &s : scales) s = random_half(random, Values::plain);
  }

  // [tile] { f16 scale [groups][16]; fine [blocks][16]; zeros up to 64 bytes; pairs of codes [4 blocks][16][4] }
  std::vector<std::byte> packed() const {
    const std::size_t fine_at = std::size_t{groups()} * 32;
    const std::size_t codes_at = (fine_at + std::size_t{blocks()} * 16 + 63) / 64 * 64;
    const std::size_t tile_bytes = codes_at + std::size_t{blocks()} * 256;
    std::vector<std::byte> out((rows + 15) / 16 * tile_bytes);
    for (std::uint32_t r = 0; r < rows; ++r) {
      std::byte *tile = out.data() + r / 16 * tile_bytes;
      for (std::uint32_t g = 0; g < groups(); ++g)
        std::memcpy(tile + (g * 16 + r % 16) * 2, &scales[r * groups() + g], 2);
      for (std::uint32_t b = 0; b < blocks(); ++b) {
        tile[fine_at + b * 16 + r % 16] =
            static_cast<std::byte>(steps[r * blocks() + b] + 16 * (shifts[r * blocks() + b] & 15));
      }
      for (std::uint32_t c = 0; c < cols; ++c) {
        tile[codes_at + c / 8 * 64 + r % 16 * 4 + c % 4] |=
            static_cast<std::byte>(codes[r * cols + c] << (c / 4 % 2 * 4));
      }
    }
    return out;
  }

  int weight(std::uint32_t row, std::uint32_t col) const {
    const std::uint32_t block = row * blocks() + col / 32;
    return steps[block] * (codes[row * cols + col] - 8) + 6 * shifts[block];
  }

  float times(std::uint32_t row, const std::int8_t *x, const float *x_scales) const {
    float acc = 0;
    for (std::uint32_t g = 0; g < groups(); ++g) {
      std::int64_t sum = 0;
      for (std::uint32_t c = g * group; c < std::min(cols, (g + 1) * group); ++c)
        sum += std::int64_t{weight(row, c)} * x[c];
      acc = std::fma(static_cast<float>(sum), half_to_float(scales[row * groups() + g]) * x_scales[g], acc);
    }
    return acc;
  }
};

template <class Plain>
void product_equals_rows_times_columns() {
  for (unsigned round = 0; round < 200; ++round) {
    Random random(round);
    const Plain w(random, random.from_to(1, 50), random.from_to(1, 300), random.from_to(1, 4) * 64);
    const std::uint32_t stride = (w.cols + 63) / 64 * 64;
    std::vector<float> x(w.cols), scales(w.groups()), y(w.rows);
    std::vector<std::int8_t> codes(stride);
    std::vector<CodeSums> sums(stride / 64);
    for (float &v : x) v = random_value(random, Values::wide);
    scalar().quantize(x.data(), w.cols, w.group, codes.data(), scales.data(), sums.data());
    const std::vector<std::byte> packed = w.packed();
    ASSERT_EQ(packed.size(), format::matrix_bytes(Plain::format, w.rows, w.cols, w.group));
    const QuantizedRows q{codes.data(), scales.data(), sums.data(), stride, w.groups()};
    scalar().matmul[index_of(Plain::format)](
        {packed.data(), w.rows, w.cols, w.group, 1, nullptr, 0, q, y.data(), w.rows}, 0, (w.rows + 15) / 16);
    for (std::uint32_t r = 0; r < w.rows; ++r) {
      ASSERT_EQ(result_bits(w.times(r, codes.data(), scales.data())), result_bits(y[r])) << "row " << r;
    }
  }
}

TEST(MatmulQ8, EqualsRowsTimesColumns) { product_equals_rows_times_columns<PlainQ8<4>>(); }

TEST(MatmulQ8, Of16CodesARowEqualsRowsTimesColumns) { product_equals_rows_times_columns<PlainQ8<16>>(); }

TEST(MatmulQ4, EqualsRowsTimesColumns) { product_equals_rows_times_columns<PlainQ4>(); }

TEST(Quantize, CodesAreTheNearestMultiplesOfTheScale) {
  for (unsigned round = 0; round < 300; ++round) {
    Random random(round);
    const std::uint32_t n = random.from_to(1, 400), group = random.from_to(1, 4) * 64;
    std::vector<float> x(n), scales((n + group - 1) / group);
    std::vector<std::int8_t> codes((n + 63) / 64 * 64, 99);
    std::vector<CodeSums> sums((n + 63) / 64);
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
      int sum_of_blocks = 0;
      for (std::uint32_t i = g * group; i < end; i += 64) sum_of_blocks += sums[i / 64].sum[0] + sums[i / 64].sum[1];
      EXPECT_EQ(sum_of_blocks, sum);
    }
    for (std::size_t i = n; i < codes.size(); ++i) EXPECT_EQ(codes[i], 0);
  }
}

struct OneGroup {
  std::int8_t codes[64];
  float scale;
  CodeSums sums[1];
  explicit OneGroup(std::vector<float> x) {
    scalar().quantize(x.data(), static_cast<std::uint32_t>(x.size()), 64, codes, &scale, sums);
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
    EXPECT_EQ(q.sums[0].sum[0], 0);
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
  CodeSums q_sums[1] = {};
  float q_scale = 0.3f;
  for (auto &c : keys) c = static_cast<std::int8_t>(random.bits());
  for (auto &s : k_scales) s = random.unit();
  for (std::uint32_t d = 0; d < kHeadDim; ++d) {
    q[d] = static_cast<std::int8_t>(static_cast<int>(random.bits() % 255) - 127);
    q_sums[0].sum[d / 32] = static_cast<std::int16_t>(q_sums[0].sum[d / 32] + q[d]);
    for (std::uint32_t p = 0; p < 48; ++p)
      tiles[(p / 16 * kWords + d / 4) * 64 + p % 16 * 4 + d % 4] = keys[p * kHeadDim + d];
  }
  scalar().scores[index_of(format::Format::q8)]({tiles.data(),
                                                 k_scales.data(),
                                                 1,
                                                 nullptr,
                                                 0,
                                                 {q.data(), &q_scale, q_sums, 64, 1},
                                                 kPositions,
                                                 kHeadDim,
                                                 0.125f,
                                                 scores.data(),
                                                 48});
  for (std::uint32_t p = 0; p < kPositions; ++p) {
    int sum = 0;
    for (std::uint32_t d = 0; d < kHeadDim; ++d) sum += keys[p * kHeadDim + d] * q[d];
    EXPECT_EQ(scores[p], static_cast<float>(sum) * (k_scales[p] * 0.3f) * 0.125f);
  }
}

TEST(Mix, AddsTheFirstPositionsOfEachQueryInAscendingOrder) {
  constexpr std::uint32_t kPositions = 21, kHeadDim = 7, kQueries = 3, kMost = kPositions + kQueries - 1;
  Random random(12);
  std::vector<std::int8_t> v(kMost * kHeadDim);
  std::vector<float> scales(kMost), weights(kQueries * kMost), inverses(kQueries), out(kQueries * kHeadDim);
  for (auto &c : v) c = static_cast<std::int8_t>(random.bits());
  for (auto &s : scales) s = random.unit();
  for (auto &w : weights) w = random.unit();
  for (auto &i : inverses) i = random.unit();
  scalar().mix[index_of(format::Format::q8)]({v.data(), scales.data(), kQueries, weights.data(), kMost, inverses.data(),
                                              kPositions, 1, kHeadDim, out.data(), kHeadDim});
  for (std::uint32_t i = 0; i < kQueries * kHeadDim; ++i) {
    const std::uint32_t query = i / kHeadDim, d = i % kHeadDim;
    float acc = 0;
    for (std::uint32_t p = 0; p < kPositions + query; ++p) {
      acc = std::fma(weights[query * kMost + p] * scales[p], static_cast<float>(v[p * kHeadDim + d]), acc);
    }
    EXPECT_EQ(out[i], acc * inverses[query]);
  }
}

// The sums of small integers are exact, so that the order of the stages does not matter here.
std::vector<float> transformed(const std::vector<float> &x) {
  std::vector<float> y(x.size());
  std::uint32_t block = 0;
  for (std::uint32_t at = 0; at < x.size(); at += block) {
    block = std::min<std::uint32_t>(std::bit_floor(static_cast<std::uint32_t>(x.size()) - at), 128);
    const int shift = (std::countr_zero(block) + 1) / 2;
    for (std::uint32_t i = 0; i < block; ++i) {
      float sum = 0;
      for (std::uint32_t k = 0; k < block; ++k) sum += std::popcount(i & k) % 2 == 0 ? x[at + k] : -x[at + k];
      y[at + i] = std::ldexp(sum, -shift);
    }
  }
  return y;
}

TEST(Quantize, TransformedIsTheHadamardTransformByItsDefinition) {
  Random random(7);
  for (const std::uint32_t n : {1u, 2u, 3u, 31u, 64u, 100u, 128u, 129u, 288u, 511u}) {
    std::vector<float> x(n);
    for (float &value : x) value = static_cast<float>(static_cast<int>(random.bits() % 255) - 127);
    const std::vector<float> y = transformed(x);
    const std::size_t codes = format::round_up(n, 64u);
    std::vector<std::int8_t> expected(codes), actual(codes, 1);
    std::vector<float> expected_scales(format::ceil_div(n, 64)), actual_scales(expected_scales.size());
    std::vector<CodeSums> expected_sums(codes / 64), actual_sums(codes / 64);
    scalar().quantize(y.data(), n, 64, expected.data(), expected_scales.data(), expected_sums.data());
    scalar().quantize_transformed(x.data(), n, 64, actual.data(), actual_scales.data(), actual_sums.data());
    EXPECT_EQ(actual, expected) << n;
    EXPECT_EQ(actual_scales, expected_scales) << n;
    EXPECT_EQ(actual_sums, expected_sums) << n;
  }
}

}  // namespace
}  // namespace tidbit::test
