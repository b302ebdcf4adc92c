// Products of codes of a few bits in blocks against rows times columns, by a second reading of FORMAT.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "format/formats.h"
#include "tests/kernels/buffers.h"
#include "tests/kernels/tables.h"

namespace tidbit::test {
namespace {

// Where the bits of a word's code are, lowest first: for each, the line and the bit of its byte.
struct BitPlace {
  std::uint32_t line, bit;
};
struct Layout {
  format::Format format;
  std::uint32_t lines;
  int unit;  // of a shift; 0 without fine bytes
  std::vector<std::vector<BitPlace>> words;
};

const Layout kLayouts[] = {
    {format::Q2::format, 1, 2, {{{0, 0}, {0, 1}}, {{0, 2}, {0, 3}}, {{0, 4}, {0, 5}}, {{0, 6}, {0, 7}}}},
    {format::Q3::format,
     3,
     3,
     {{{0, 0}, {0, 1}, {0, 2}},
      {{0, 3}, {0, 4}, {0, 5}},
      {{1, 0}, {1, 1}, {1, 2}},
      {{1, 3}, {1, 4}, {1, 5}},
      {{2, 0}, {2, 1}, {2, 2}},
      {{2, 3}, {2, 4}, {2, 5}},
      {{0, 6}, {0, 7}, {2, 6}},
      {{1, 6}, {1, 7}, {2, 7}}}},
    {format::Q4::format, 1, 6, {{{0, 0}, {0, 1}, {0, 2}, {0, 3}}, {{0, 4}, {0, 5}, {0, 6}, {0, 7}}}},
    {format::Q5::format,
     5,
     8,
     {{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}},
      {{1, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}},
      {{2, 0}, {2, 1}, {2, 2}, {2, 3}, {2, 4}},
      {{3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4}},
      {{4, 0}, {4, 1}, {4, 2}, {4, 3}, {4, 4}},
      {{0, 5}, {0, 6}, {0, 7}, {3, 5}, {3, 6}},
      {{1, 5}, {1, 6}, {1, 7}, {3, 7}, {4, 5}},
      {{2, 5}, {2, 6}, {2, 7}, {4, 6}, {4, 7}}}},
    {format::Q6::format,
     3,
     4,
     {{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}},
      {{1, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}},
      {{2, 0}, {2, 1}, {2, 2}, {2, 3}, {2, 4}, {2, 5}},
      {{0, 6}, {0, 7}, {1, 6}, {1, 7}, {2, 6}, {2, 7}}}},
    {format::Ternary::format, 1, 0, {{{0, 0}, {0, 1}}, {{0, 2}, {0, 3}}, {{0, 4}, {0, 5}}, {{0, 6}, {0, 7}}}},
    {format::Binary::format, 1, 0, {{{0, 0}}, {{0, 1}}, {{0, 2}}, {{0, 3}}, {{0, 4}}, {{0, 5}}, {{0, 6}}, {{0, 7}}}},
};

// A matrix in the tiles of a layout and quantized activations, in which bytes are random or, where `extreme`, all
// alike, for the largest sums.
struct Operands {
  const Layout &layout;
  std::uint32_t rows, cols, group, tokens, groups;
  std::size_t stride, fine_at, codes_at, tile_bytes;
  Fenced<std::byte> w;
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
  std::vector<CodeSums> sums;

  Operands(const Layout &layout_, Random &random, bool extreme)
      : layout(layout_),
        rows(random.from_to(1, 50)),
        cols(random.from_to(1, 300)),
        group(random.from_to(1, 4) * 64),
        tokens(random.from_to(1, 9)),
        groups((cols + group - 1) / group),
        stride(format::round_up(cols, 64)),
        fine_at(std::size_t{groups} * 32),
        codes_at((fine_at + (layout.unit == 0 ? 0 : (cols + 31) / 32 * 16) + 63) / 64 * 64),
        tile_bytes(codes_at + (cols + 31) / 32 * 64 * bits()),
        w((rows + 15) / 16 * tile_bytes),
        codes(tokens * stride),
        scales(tokens * groups),
        sums(tokens * stride / 64) {
    const auto all = static_cast<std::byte>(random.bits() % 2 == 0 ? 0xFF : 0);
    const std::byte fine = std::byte{random.bits() % 2 == 0 ? std::uint8_t{0x7F} : std::uint8_t{0x8F}};
    for (std::size_t i = 0; i < w.size(); ++i) {
      w[i] = !extreme ? static_cast<std::byte>(random.bits()) : i % tile_bytes < codes_at ? fine : all;
    }
    for (std::size_t tile = 0; tile < w.size(); tile += tile_bytes) {
      for (std::size_t i = 0; i < fine_at; i += 2) {
        const std::uint16_t half = random_half(random, Values::plain);
        std::memcpy(w.data() + tile + i, &half, 2);
      }
    }
    std::vector<float> x(cols);
    for (std::uint32_t t = 0; t < tokens; ++t) {
      // Runs of one sign: the sum over a part of a block is far from that of the block.
      for (std::uint32_t k = 0; k < cols; ++k)
        x[k] = extreme ? (k / (4u << t % 4) % 2 == 0 ? 1.0f : -1.0f) : random.unit();
      scalar().quantize(x.data(), cols, group, codes.data() + t * stride, scales.data() + t * groups,
                        sums.data() + t * stride / 64);
    }
  }

  std::size_t bits() const { return layout.words[0].size(); }

  int code(const std::byte *tile_codes, std::uint32_t row, std::uint32_t col) const {
    const auto words = static_cast<std::uint32_t>(layout.words.size());
    const std::byte *lines = tile_codes + col / 4 / words * layout.lines * 64 + row * 4 + col % 4;
    int code = 0, value = 1;
    for (const BitPlace &p : layout.words[col / 4 % words]) {
      if ((lines[p.line * 64] >> p.bit & std::byte{1}) != std::byte{0}) code += value;
      value *= 2;
    }
    return code;
  }

  int weight(std::uint32_t row, std::uint32_t col) const {
    const std::byte *tile = w.data() + row / 16 * tile_bytes;
    if (layout.unit == 0) return code(tile + codes_at, row % 16, col) * (bits() == 1 ? 2 : 1) - 1;
    const auto fine = std::to_integer<int>(tile[fine_at + col / 32 * 16 + row % 16]);
    const int shift = fine / 16 < 8 ? fine / 16 : fine / 16 - 16;
    return fine % 16 * (code(tile + codes_at, row % 16, col) - (1 << (bits() - 1))) + layout.unit * shift;
  }

  float times(std::uint32_t row, std::uint32_t token) const {
    float acc = 0;
    for (std::uint32_t g = 0; g < groups; ++g) {
      std::int64_t sum = 0;
      for (std::uint32_t k = g * group; k < std::min(cols, (g + 1) * group); ++k) {
        sum += std::int64_t{weight(row, k)} * codes[token * stride + k];
      }
      std::uint16_t scale;
      std::memcpy(&scale, w.data() + row / 16 * tile_bytes + (g * 16 + row % 16) * 2, 2);
      acc = std::fma(static_cast<float>(sum), half_to_float(scale) * scales[token * groups + g], acc);
    }
    return acc;
  }
};

std::ostream &operator<<(std::ostream &out, const Layout &layout) {
  return out << format::kFormatNames.of[index_of(layout.format)];
}

class Blocks : public ::testing::TestWithParam<Layout> {};

TEST_P(Blocks, ProductsOfEveryTableEqualRowsTimesColumns) {
  std::vector<Table> all = tables();
  all.push_back({"scalar", &scalar()});
  for (unsigned round = 0; round < 200; ++round) {
    Random random(round);
    Operands o(GetParam(), random, round % 2 == 0);
    const format::Format format = GetParam().format;
    ASSERT_EQ(o.w.size(), format::matrix_bytes(format, o.rows, o.cols, o.group));
    std::vector<float> expected(o.tokens * o.rows), y(expected.size());
    for (std::uint32_t i = 0; i < y.size(); ++i) expected[i] = o.times(i % o.rows, i / o.rows);
    const QuantizedRows q{o.codes.data(), o.scales.data(), o.sums.data(), o.stride, o.groups};
    for (const Table &table : all) {
      if (table.kernels == nullptr) continue;
      table.kernels->matmul[index_of(format)](
          {o.w.data(), o.rows, o.cols, o.group, o.tokens, nullptr, 0, q, y.data(), o.rows}, 0, (o.rows + 15) / 16);
      for (std::uint32_t i = 0; i < y.size(); ++i) {
        ASSERT_EQ(result_bits(expected[i]), result_bits(y[i])) << table << ", round " << round;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Blocks, ::testing::ValuesIn(kLayouts), [](const ::testing::TestParamInfo<Layout> &l) {
  return std::string(format::kFormatNames.of[index_of(l.param.format)]);
});

}  // namespace
}  // namespace tidbit::test
