// Products of codes of 2, 3 and 5 bits against rows times columns.
#include "tests/kernels/widths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/kernels/buffers.h"
#include "tests/kernels/tables.h"

namespace tidbit::test {

#define TIDBIT_WIDTHS_OF(isa) extern const WidthProducts widths_of_##isa;
TIDBIT_WIDTHS
#undef TIDBIT_WIDTHS_OF

namespace {

struct Case {
  const char *isa;
  const WidthProducts *products;
};
constexpr Case kCases[] = {
#define TIDBIT_WIDTHS_OF(isa) {#isa, &widths_of_##isa},
    TIDBIT_WIDTHS
#undef TIDBIT_WIDTHS_OF
};

class Widths : public ::testing::TestWithParam<Case> {
 public:
  void SetUp() override {
    if (find_kernels(isa_named(GetParam().isa), cpu_flags()) == nullptr) {
      GTEST_SKIP() << "this CPU does not run " << GetParam().isa;
    }
  }
};

// A matrix in the tiles of W and quantized activations, in which bytes are random or, where `extreme`, all alike, for
// the largest sums.
template <class W>
struct Operands {
  std::uint32_t rows, cols, group, tokens, groups;
  std::size_t stride;
  Fenced<std::byte> w;
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
  std::vector<CodeSums> sums;

  Operands(Random &random, bool extreme)
      : rows(random.from_to(1, 50)),
        cols(random.from_to(1, 300)),
        group(random.from_to(1, 4) * 64),
        tokens(random.from_to(1, 9)),
        groups((cols + group - 1) / group),
        stride(format::round_up(cols, 64)),
        w(format::tile_count(rows) * W::tile_bytes(cols, group)),
        codes(tokens * stride),
        scales(tokens * groups),
        sums(tokens * stride / 64) {
    const auto all = static_cast<std::byte>(random.bits() % 2 == 0 ? 0xFF : 0);
    const std::byte fine = std::byte{random.bits() % 2 == 0 ? std::uint8_t{0x7F} : std::uint8_t{0x8F}};
    const std::size_t tile = W::tile_bytes(cols, group), fine_at = format::group_scale_bytes(cols, group),
                      codes_at = W::head_bytes(cols, group);
    for (std::size_t i = 0; i < w.size(); ++i) {
      w[i] = !extreme ? static_cast<std::byte>(random.bits()) : i % tile < codes_at ? fine : all;
    }
    for (std::size_t i = 0; i < w.size(); i += i % tile + 2 < fine_at ? 2 : tile - i % tile) {
      const std::uint16_t half = random_half(random, Values::plain);
      std::memcpy(w.data() + i, &half, 2);
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

  float times(std::uint32_t row, std::uint32_t token) const {
    const std::byte *tile = w.data() + row / 16 * W::tile_bytes(cols, group);
    const auto *fine = reinterpret_cast<const std::uint8_t *>(tile + format::group_scale_bytes(cols, group));
    float acc = 0;
    for (std::uint32_t g = 0; g < groups; ++g) {
      std::int64_t sum = 0;
      for (std::uint32_t k = g * group; k < std::min(cols, (g + 1) * group); ++k) {
        const std::byte *block = tile + W::head_bytes(cols, group) + k / 32 * W::block_bytes;
        const auto code = static_cast<std::int32_t>(W::code(block, row % 16, k % 32));
        sum += std::int64_t{W::weight(fine[k / 32 * 16 + row % 16], code)} * codes[token * stride + k];
      }
      std::uint16_t scale;
      std::memcpy(&scale, tile + (g * 16 + row % 16) * 2, 2);
      acc = std::fma(static_cast<float>(sum), half_to_float(scale) * scales[token * groups + g], acc);
    }
    return acc;
  }
};

template <class W>
void products_equal_rows_times_columns(MatmulKernel matmul) {
  for (unsigned round = 0; round < 200; ++round) {
    Random random(round);
    Operands<W> o(random, round % 2 == 0);
    std::vector<float> y(o.tokens * o.rows);
    const QuantizedRows q{o.codes.data(), o.scales.data(), o.sums.data(), o.stride, o.groups};
    matmul({o.w.data(), o.rows, o.cols, o.group, o.tokens, nullptr, 0, q, y.data(), o.rows}, 0, (o.rows + 15) / 16);
    for (std::uint32_t i = 0; i < y.size(); ++i) {
      ASSERT_EQ(result_bits(o.times(i % o.rows, i / o.rows)), result_bits(y[i])) << "round " << round;
    }
  }
}

TEST_P(Widths, ProductsOf2BitsEqualRowsTimesColumns) {
  products_equal_rows_times_columns<Bits2>(GetParam().products->bits2);
}

TEST_P(Widths, ProductsOf3BitsEqualRowsTimesColumns) {
  products_equal_rows_times_columns<Bits3>(GetParam().products->bits3);
}

TEST_P(Widths, ProductsOf5BitsEqualRowsTimesColumns) {
  products_equal_rows_times_columns<Bits5>(GetParam().products->bits5);
}

INSTANTIATE_TEST_SUITE_P(Tables, Widths, ::testing::ValuesIn(kCases),
                         [](const ::testing::TestParamInfo<Case> &one) { return one.param.isa; });

}  // namespace
}  // namespace tidbit::test
