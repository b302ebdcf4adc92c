// The number formats: their tiles by a naive second reading of runtime/format, rounding by its bounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "base/arith.h"
#include "format/formats.h"
#include "quant/blocks.h"
#include "quant/error_measure.h"
#include "quant/hadamard.h"
#include "quant/q8.h"
#include "quant/tile.h"

namespace tidbit::test {
namespace {

using format::Format;
using Q4Quantizer = quant::BlockQuantizer<format::Q4>;

std::vector<float> random_floats(std::size_t count, unsigned seed, float spread = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> values(count);
  for (float &value : values) value = normal(generator);
  return values;
}

double squared_error(const std::vector<float> &x, const std::vector<std::int8_t> &codes, float scale) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = static_cast<double>(x[i]) - static_cast<double>(scale) * codes[i];
    sum += error * error;
  }
  return sum;
}

struct Group {
  float scale;
  std::vector<std::int8_t> codes;
};

Group quantized(const std::vector<float> &x) {
  Group group{0, std::vector<std::int8_t>(x.size())};
  group.scale =
      half_to_float(quant::quantize_group(x.data(), static_cast<std::uint32_t>(x.size()), group.codes.data()));
  return group;
}

TEST(Q8Group, NeverHoldsTheCodeMinus128) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    auto x = random_floats(1 + seed % 128, seed, std::exp2(static_cast<float>(seed % 40) - 30));
    x[0] = -*std::max_element(x.begin(), x.end()) * 2;
    const Group group = quantized(x);
    EXPECT_GE(*std::min_element(group.codes.begin(), group.codes.end()), -127);
  }
}

TEST(Q8Group, IsNoWorseThanTheScaleNearestToTheLargestOver127) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const auto x = random_floats(128, seed, 0.02f);
    float largest = 0;
    for (const float value : x) largest = std::max(largest, std::fabs(value));
    const float scale = half_to_float(float_to_half(largest / 127));
    std::vector<std::int8_t> codes(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      codes[i] = static_cast<std::int8_t>(std::clamp(std::nearbyint(x[i] / scale), -127.0f, 127.0f));
    }
    const Group group = quantized(x);
    EXPECT_LE(squared_error(x, group.codes, group.scale), squared_error(x, codes, scale) * 1.0001);
  }
}

TEST(Q8Group, ErrsByAtMostOneStep) {
  for (const float spread : {1e-4f, 1.0f, 1e4f}) {
    const auto x = random_floats(128, 7, spread);
    const Group group = quantized(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_LE(std::fabs(x[i] - group.scale * static_cast<float>(group.codes[i])), group.scale);
    }
  }
}

TEST(Q8Group, OfZerosIsZero) {
  const Group group = quantized(std::vector<float>(128, 0.0f));
  EXPECT_EQ(group.scale, 0);
  EXPECT_EQ(group.codes, std::vector<std::int8_t>(128, 0));
}

TEST(Q8Group, ReachesTheEndsOfTheScales) {
  for (const float value : {quant::kQ8Largest, -quant::kQ8Largest, 1e-7f, 0x1p-149f}) {
    const Group group = quantized({value, 0, value / 2});
    EXPECT_TRUE(std::isfinite(group.scale));
    EXPECT_NEAR(group.scale * static_cast<float>(group.codes[0]), value, std::max(std::fabs(value) / 250, 0x1p-25f));
  }
}

struct Q4Group {
  float scale;
  std::vector<std::uint8_t> codes, fine;

  explicit Q4Group(const std::vector<float> &x) : codes(x.size()), fine((x.size() + 31) / 32) {
    const auto count = static_cast<std::uint32_t>(x.size());
    scale = half_to_float(Q4Quantizer::quantize_group(x.data(), count, codes.data(), fine.data()));
  }
  float operator[](std::size_t i) const {
    const int steps = fine[i / 32] % 16, high = fine[i / 32] / 16, shift = high < 8 ? high : high - 16;
    return scale * static_cast<float>(steps * (codes[i] - 8) + 6 * shift);
  }
};

// Root mean square of the error over that of the values, of many groups.
double q4_error(std::size_t groups, std::uint32_t count) {
  quant::ErrorMeasure measure;
  for (unsigned seed = 0; seed < groups; ++seed) {
    const auto x = random_floats(count, seed, 0.02f);
    const Q4Group group(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float stored = group[i];
      measure.add(&x[i], &stored, 1);
    }
  }
  return measure.relative_rms();
}

// One f16 scale for 32 codes, the largest weight on -8: what 4.5 bits a weight give elsewhere.
double plain_4_bit_error(std::size_t blocks) {
  quant::ErrorMeasure measure;
  for (unsigned seed = 0; seed < blocks; ++seed) {
    const auto x = random_floats(32, seed, 0.02f);
    const float largest =
        *std::max_element(x.begin(), x.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); });
    const float scale = half_to_float(float_to_half(largest / -8));
    for (const float value : x) {
      const float stored = std::clamp(std::nearbyint(value / scale), -8.0f, 7.0f) * scale;
      measure.add(&value, &stored, 1);
    }
  }
  return measure.relative_rms();
}

TEST(Q4Group, ErrsLessThanOneScaleForEach32Codes) { EXPECT_LT(q4_error(500, 128), 0.88 * plain_4_bit_error(2000)); }

TEST(Q4Group, OfEveryLengthErrsAlike) {
  for (const std::uint32_t count : {5u, 32u, 33u, 64u, 100u, 256u}) EXPECT_LT(q4_error(200, count), 0.085) << count;
}

TEST(Q4Group, OfZerosIsZero) {
  const Q4Group group(std::vector<float>(128, 0.0f));
  EXPECT_EQ(group.scale, 0);
  EXPECT_EQ(group.codes, std::vector<std::uint8_t>(128, 0));
  EXPECT_EQ(group.fine, std::vector<std::uint8_t>(4, 0));
}

TEST(Q4Group, KeepsConstantsAndABlockOfZerosAmongOthers) {
  for (const float value : {1.0f, -1.0f, 3e-3f}) {
    std::vector<float> x(128, value);
    std::fill(x.begin() + 32, x.begin() + 64, 0.0f);
    const Q4Group group(x);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(group[i], x[i], std::fabs(value) * 0.02);
  }
}

TEST(Q4Group, ReachesTheEndsOfTheScales) {
  for (const float value : {Q4Quantizer::kLargest, -Q4Quantizer::kLargest, 1e-5f, 0x1p-149f}) {
    const Q4Group group({value, 0, value / 2});
    EXPECT_TRUE(std::isfinite(group.scale));
    EXPECT_NEAR(group[0], value, std::max(std::fabs(value) / 20, 0x1p-19f));  // the least f16 is 2^-24
  }
}

// Codes by quantize_group, read back by Width::weight.
template <class Width>
std::vector<float> rounded(const std::vector<float> &x) {
  std::vector<std::uint8_t> codes(x.size()), fine((x.size() + 31) / 32);
  const auto count = static_cast<std::uint32_t>(x.size());
  const float scale =
      half_to_float(quant::BlockQuantizer<Width>::quantize_group(x.data(), count, codes.data(), fine.data()));
  std::vector<float> values(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_LE(codes[i], 2 * Width::zero - 1);
    values[i] = scale * static_cast<float>(Width::weight(fine[i / 32], codes[i]));
  }
  return values;
}

// Calls body.template operator()<Width>() for each format in blocks.
template <class Body>
void each_width(Body body) {
  format::Formats::each([&]<class Row> {
    if constexpr (format::in_blocks(Row::format)) body.template operator()<Row>();
  });
}

TEST(Blocks, TakeThreeEighthsOfABitMoreThanTheirCodes) {
  each_width([]<class Width> {
    EXPECT_EQ(Width::tile_bytes(1024, 128) * 8, 16 * (1024 * Width::bits + 3 * 1024 / 8)) << Width::name;
  });
}

// On normally distributed weights.
TEST(Blocks, EachFurtherBitAboutHalvesTheError) {
  double previous = 0.6;
  for (const std::uint32_t bits : {2u, 3u, 4u, 5u, 6u}) {
    quant::ErrorMeasure measure;
    each_width([&]<class Width> {
      if (Width::bits != bits) return;
      for (unsigned seed = 0; seed < 200; ++seed) {
        const auto x = random_floats(128, seed, 0.02f);
        measure.add(x.data(), rounded<Width>(x).data(), x.size());
      }
    });
    EXPECT_GT(measure.relative_rms(), 0.4 * previous) << bits;
    EXPECT_LT(measure.relative_rms(), 0.54 * previous) << bits;
    previous = measure.relative_rms();
  }
}

TEST(Blocks, ReachTheEndsOfTheScales) {
  each_width([]<class Width> {
    constexpr float kLargest = quant::BlockQuantizer<Width>::kLargest;
    for (const float value : {kLargest, -kLargest}) {
      const std::vector<float> values = rounded<Width>({value, 0, value / 2});
      EXPECT_NEAR(values[0], value, std::fabs(value) / 20) << Width::name;
    }
  });
}

// Packs a row into a tile of a format, and back.
std::vector<float> stored_in(Format format, const std::vector<float> &row, std::uint32_t group) {
  const auto cols = static_cast<std::uint32_t>(row.size());
  std::vector<std::byte> tile(format::tile_bytes(format, cols, group));
  std::vector<float> stored(row.size());
  quant::pack_tile(format, row.data(), 1, cols, group, tile.data());
  quant::unpack_tile(format, tile.data(), 1, cols, group, stored.data());
  return stored;
}

// 300 columns: a group of 128 or 256, and a part of one.
TEST(TrainedCodes, StoreTrainedWeightsExactly) {
  std::mt19937 generator(7);
  for (const float scale : {0.0546875f, 1.0f, 3.0f}) {
    std::vector<float> ternary(300), binary(300);
    for (float &w : ternary) w = scale * static_cast<float>(static_cast<int>(generator() % 3) - 1);
    for (float &w : binary) w = generator() % 2 == 0 ? scale : -scale;
    EXPECT_EQ(stored_in(format::Ternary::format, ternary, 256), ternary);
    EXPECT_EQ(stored_in(format::Binary::format, binary, 128), binary);
  }
}

TEST(TrainedCodes, TakeTwoBitsOrOne) {
  EXPECT_EQ(format::tile_bytes(format::Ternary::format, 1024, 256) * 8, 16 * 1024 * 33 / 16);
  EXPECT_EQ(format::tile_bytes(format::Binary::format, 1024, 128) * 8, 16 * 1024 * 9 / 8);
}

// The least errors of normally distributed weights with two and three values are 0.603 and 0.436.
TEST(TrainedCodes, ComeCloseToOtherWeights) {
  const std::vector<float> row = random_floats(4096, 3);
  const auto error_of = [&](Format format) {
    quant::ErrorMeasure measure;
    const std::vector<float> stored = stored_in(format, row, 256);
    measure.add(row.data(), stored.data(), row.size());
    return measure.relative_rms();
  };
  EXPECT_NEAR(error_of(format::Binary::format), 0.603, 0.01);
  EXPECT_NEAR(error_of(format::Ternary::format), 0.436, 0.01);
}

struct Shape {
  std::uint32_t count, cols;
};

class Tile : public testing::TestWithParam<Shape> {
 protected:
  static constexpr std::uint32_t kGroup = 128;

  std::vector<std::byte> packed(Format format) const {
    std::vector<std::byte> tile(format::tile_bytes(format, cols_, kGroup), std::byte{0xAA});
    quant::pack_tile(format, x_.data(), count_, cols_, kGroup, tile.data());
    return tile;
  }

  std::vector<float> unpacked(Format format, const std::vector<std::byte> &tile) const {
    std::vector<float> values(x_.size());
    quant::unpack_tile(format, tile.data(), count_, cols_, kGroup, values.data());
    return values;
  }

  // 0 for the rows that the tile is padded with.
  float value(std::size_t row, std::size_t col) const { return row < count_ ? x_[row * cols_ + col] : 0; }

  std::uint32_t count_ = GetParam().count, cols_ = GetParam().cols;
  std::vector<float> x_ = random_floats(std::size_t{count_} * cols_, cols_);
};

TEST_P(Tile, OfFloatsHoldsColumnAfterColumnOf16Rows) {
  const auto tile = packed(Format::f32);
  ASSERT_EQ(tile.size(), cols_ * 64u);
  for (std::size_t at = 0; at < tile.size() / 4; ++at) {
    float got;
    std::memcpy(&got, tile.data() + at * 4, 4);
    EXPECT_EQ(got, value(at % 16, at / 16));
  }
  EXPECT_EQ(unpacked(Format::f32, tile), x_);
}

TEST_P(Tile, OfHalvesHoldsTheNearestHalf) {
  const auto tile = packed(Format::f16);
  ASSERT_EQ(tile.size(), cols_ * 32u);
  for (std::size_t at = 0; at < tile.size() / 2; ++at) {
    std::uint16_t got;
    std::memcpy(&got, tile.data() + at * 2, 2);
    EXPECT_EQ(got, float_to_half(value(at % 16, at / 16)));
  }
}

TEST_P(Tile, OfFewBitsIsReadAsItWasWritten) {
  each_width([&]<class Width> {
    const auto values = unpacked(Width::format, packed(Width::format));
    for (std::uint32_t row = 0; row < count_; ++row) {
      for (std::uint32_t first = 0; first < cols_; first += kGroup) {
        const std::uint32_t count = std::min(kGroup, cols_ - first);
        const auto at = x_.begin() + row * cols_ + first;
        const std::vector<float> group = rounded<Width>(std::vector<float>(at, at + count));
        for (std::uint32_t i = 0; i < count; ++i) EXPECT_EQ(values[row * cols_ + first + i], group[i]) << Width::name;
      }
    }
  });
}

TEST_P(Tile, OfEightBitsHoldsScalesThenFourCodesARow) {
  const auto tile = packed(Format::q8);
  const std::size_t groups = (cols_ + kGroup - 1) / kGroup, codes_at = (groups * 32 + 63) / 64 * 64;
  ASSERT_EQ(tile.size(), codes_at + (cols_ + 3) / 4 * 64);
  for (std::size_t at = groups * 32; at < codes_at; ++at) EXPECT_EQ(tile[at], std::byte{0});
  const auto values = unpacked(Format::q8, tile);
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t col = 0; col < (cols_ + 3) / 4 * 4; ++col) {
      const auto code = static_cast<std::int8_t>(tile[codes_at + col / 4 * 64 + row * 4 + col % 4]);
      if (row >= count_ || col >= cols_) {
        EXPECT_EQ(code, 0);
        continue;
      }
      std::uint16_t scale;
      std::memcpy(&scale, tile.data() + (col / kGroup * 16 + row) * 2, 2);
      EXPECT_EQ(values[row * cols_ + col], half_to_float(scale) * static_cast<float>(code));
    }
  }
}

TEST_P(Tile, OfEightBitsHoldsTheSameIn16CodesARow) {
  const auto fours = packed(Format::q8), sixteens = packed(Format::q8x16);
  const std::size_t codes_at = ((cols_ + kGroup - 1) / kGroup * 32 + 63) / 64 * 64, columns = (cols_ + 15) / 16 * 16;
  ASSERT_EQ(sixteens.size(), codes_at + columns * 16);
  EXPECT_TRUE(std::equal(fours.begin(), fours.begin() + static_cast<std::ptrdiff_t>(codes_at), sixteens.begin()));
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t col = 0; col < columns; ++col) {
      const std::size_t four = codes_at + col / 4 * 64 + row * 4 + col % 4;
      EXPECT_EQ(sixteens[codes_at + col / 16 * 256 + row * 16 + col % 16], col < cols_ ? fours[four] : std::byte{0});
    }
  }
  EXPECT_EQ(unpacked(Format::q8x16, sixteens), unpacked(Format::q8, fours));
}

TEST_P(Tile, OfEightBitsLosesLessThanOnePercent) {
  const auto values = unpacked(Format::q8, packed(Format::q8));
  quant::ErrorMeasure measure;
  measure.add(x_.data(), values.data(), x_.size());
  EXPECT_LT(measure.relative_rms(), 0.01);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Tile,
                         testing::Values(Shape{16, 128}, Shape{16, 1}, Shape{1, 4}, Shape{15, 172}, Shape{3, 129},
                                         Shape{16, 288}, Shape{7, 127}, Shape{16, 515}));

TEST(PlainRows, KeepTheOrder) {
  const auto x = random_floats(37, 3);
  std::vector<std::byte> bytes(37 * 2);
  std::vector<float> back(37);
  quant::pack_plain(Format::f16, x.data(), 37, bytes.data());
  quant::unpack_plain(Format::f16, bytes.data(), 37, back.data());
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(back[i], half_to_float(float_to_half(x[i])));
}

TEST(ErrorMeasure, IsTheErrorOverTheSignal) {
  const float original[] = {3, 4}, stored[] = {3, 3.5};
  quant::ErrorMeasure measure;
  measure.add(original, stored, 2);
  EXPECT_DOUBLE_EQ(measure.relative_rms(), 0.1);
  EXPECT_EQ(quant::ErrorMeasure().relative_rms(), 0);
}

TEST(Hadamard, TransformedWeightsTimesTransformedInputsAreTheProduct) {
  for (const std::uint32_t n : {1u, 2u, 7u, 32u, 128u, 288u, 640u}) {
    std::vector<float> w(n), x(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      w[i] = std::sin(static_cast<float>(i * i));
      x[i] = std::cos(static_cast<float>(3 * i));
    }
    const auto product = [&] { return std::inner_product(w.begin(), w.end(), x.begin(), 0.0); };
    const double before = product();
    quant::transform_weights(w.data(), n);
    quant::transform_inputs(x.data(), n);
    EXPECT_NEAR(product(), before, 1e-4) << n;
  }
}

}  // namespace
}  // namespace tidbit::test
