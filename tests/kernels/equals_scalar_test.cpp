// Every entry of every table gives the bits of the scalar one, over random shapes and values, reads nothing past its
// inputs and writes nothing outside of its output.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>

#include "format/formats.h"
#include "tests/kernels/buffers.h"
#include "tests/kernels/tables.h"

namespace tidbit::test {
namespace {

using format::Format;

class Kernel : public ::testing::TestWithParam<Table> {
 public:
  void SetUp() override {
    if (GetParam().kernels == nullptr) GTEST_SKIP() << "this CPU does not run " << GetParam().name;
  }

  const Kernels &simd() { return *GetParam().kernels; }

  // check(random, values), many times for each class of values; stops at the first failure.
  template <class Check>
  void often(unsigned rounds, Check check) {
    for (const Values values : kAllValues) {
      for (unsigned round = 0; round < rounds; ++round) {
        SCOPED_TRACE("values " + std::to_string(static_cast<int>(values)) + ", round " + std::to_string(round));
        Random random(round * 4 + static_cast<unsigned>(values));
        check(random, values);
        if (HasFailure()) return;
      }
    }
  }

  // run(kernels, output) with the scalar table and with this one.
  template <class T, class Run>
  void same(std::size_t n, Run run) {
    Guarded<T> expected(n), actual(n);
    run(scalar(), expected.data());
    run(simd(), actual.data());
    EXPECT_TRUE(same_bits(expected.span(), actual.span()));
    EXPECT_TRUE(expected.intact() && actual.intact());
  }
};

// ---- matrices ----

struct MatmulShape {
  std::uint32_t rows, cols, group, tokens, begin, end;

  MatmulShape(Random &random, bool quantized) {
    constexpr std::uint32_t kGroups[] = {64, 128, 192, 256};
    rows = random.from_to(1, 150);
    cols = random.from_to(1, 300);
    group = quantized ? kGroups[random.bits() % 4] : 0;
    tokens = random.from_to(1, random.bits() % 4 == 0 ? 20 : 3);
    const auto tiles = static_cast<std::uint32_t>(format::tile_count(rows));
    begin = random.from_to(0, tiles - 1);
    end = random.from_to(begin, tiles);
  }
};

template <class T>
struct FloatMatmul {
  MatmulShape s;
  std::size_t x_stride, y_stride;
  Fenced<T> w;
  Fenced<float> x;
  Matmul m;

  FloatMatmul(Random &random, Values values, Format format)
      : s(random, false),
        x_stride(s.cols + random.from_to(0, 5)),
        y_stride(s.rows + random.from_to(0, 5)),
        w(format::matrix_bytes(format, s.rows, s.cols, 0) / sizeof(T)),
        x((s.tokens - 1) * x_stride + s.cols),
        m{reinterpret_cast<const std::byte *>(w.data()),
          s.rows,
          s.cols,
          0,
          s.tokens,
          x.data(),
          x_stride,
          {},
          nullptr,
          y_stride} {
    fill(w, random, values);
    fill(x, random, values);
  }

  std::size_t outputs() const { return (s.tokens - 1) * y_stride + s.rows; }
};

TEST_P(Kernel, MatmulF32EqualsScalar) {
  often(100, [&](Random &random, Values values) {
    FloatMatmul<float> a(random, values, Format::f32);
    same<float>(a.outputs(), [&](const Kernels &k, float *y) {
      a.m.y = y;
      k.matmul[index_of(Format::f32)](a.m, a.s.begin, a.s.end);
    });
  });
}

TEST_P(Kernel, MatmulF16EqualsScalar) {
  often(100, [&](Random &random, Values values) {
    FloatMatmul<std::uint16_t> a(random, values, Format::f16);
    same<float>(a.outputs(), [&](const Kernels &k, float *y) {
      a.m.y = y;
      k.matmul[index_of(Format::f16)](a.m, a.s.begin, a.s.end);
    });
  });
}

// Activations quantized by the scalar table.
struct QuantizedTokens {
  std::vector<float> x;
  std::uint32_t cols, group, tokens;
  std::size_t code_stride, group_stride;
  Fenced<std::int8_t> codes;
  Fenced<float> scales;
  Fenced<CodeSums> sums;

  QuantizedTokens(Random &random, Values values, std::uint32_t columns, std::uint32_t group_size, std::uint32_t count)
      : QuantizedTokens(random_floats(random, values, std::size_t{columns} * count), columns, group_size, count) {}

  QuantizedTokens(std::vector<float> floats, std::uint32_t columns, std::uint32_t group_size, std::uint32_t count)
      : x(std::move(floats)),
        cols(columns),
        group(group_size),
        tokens(count),
        code_stride(format::round_up(cols, 64)),
        group_stride(format::ceil_div(cols, group)),
        codes(tokens * code_stride),
        scales(tokens * group_stride),
        sums(tokens * code_stride / format::kPair) {
    for (std::uint32_t t = 0; t < tokens; ++t) {
      scalar().quantize(x.data() + std::size_t{t} * cols, cols, group, codes.data() + t * code_stride,
                        scales.data() + t * group_stride, sums.data() + t * code_stride / format::kPair);
    }
  }

  // In the order of the table's product of q8: `count` tokens from `first` on.
  QuantizedRows rows(const Kernels &k, std::uint32_t first, std::uint32_t count,
                     format::InputTransform transform = format::InputTransform::none) {
    const QuantizedRows rows{codes.data() + first * code_stride, scales.data() + first * group_stride,
                             sums.data() + first * code_stride / format::kPair, code_stride, group_stride};
    if (k.quantize_rows != nullptr) {
      k.quantize_rows(x.data() + std::size_t{first} * cols, cols, count, cols, group, transform, rows);
    }
    return rows;
  }

  static std::vector<float> random_floats(Random &random, Values values, std::size_t n) {
    std::vector<float> x(n);
    for (float &value : x) value = random_value(random, values);
    return x;
  }

  QuantizedRows view() { return {codes.data(), scales.data(), sums.data(), code_stride, group_stride}; }
};

// A matrix in groups of random bytes, except that the scales are halves of the wanted class.
void fill_codes(Fenced<std::byte> &w, Format format, const MatmulShape &s, Random &random, Values values) {
  const std::uint64_t tile = format::tile_bytes(format, s.cols, s.group);
  for (std::byte &b : w) b = static_cast<std::byte>(random.bits());
  for (std::uint64_t at = 0; at < w.size(); at += tile) {
    for (std::uint64_t i = 0; i < format::group_scale_bytes(s.cols, s.group); i += 2) {
      const std::uint16_t half = random_half(random, values);
      std::memcpy(w.data() + at + i, &half, 2);
    }
  }
}

void fill_floats(Fenced<std::byte> &w, Format format, Random &random) {
  for (std::size_t at = 0; at < w.size(); at += format == Format::f32 ? 4 : 2) {
    const float value = random_value(random, Values::plain);
    const std::uint16_t half = random_half(random, Values::plain);
    format == Format::f32 ? std::memcpy(w.data() + at, &value, 4) : std::memcpy(w.data() + at, &half, 2);
  }
}

void product_equals_scalar(Kernel &test, Random &random, Values values, Format format, const MatmulShape &s) {
  Fenced<std::byte> w(format::matrix_bytes(format, s.rows, s.cols, s.group));
  fill_codes(w, format, s, random, values);
  QuantizedTokens x(random, values, s.cols, s.group, s.tokens);
  const std::size_t y_stride = s.rows + random.from_to(0, 5);
  test.same<float>((s.tokens - 1) * y_stride + s.rows, [&](const Kernels &k, float *y) {
    const QuantizedRows q = format == Format::q8 ? x.rows(k, 0, s.tokens) : x.view();
    k.matmul[index_of(format)]({w.data(), s.rows, s.cols, s.group, s.tokens, nullptr, 0, q, y, y_stride}, s.begin,
                               s.end);
  });
}

TEST_P(Kernel, MatmulQ8EqualsScalar) {
  often(250, [&](Random &random, Values values) {
    product_equals_scalar(*this, random, values, Format::q8, MatmulShape(random, true));
  });
}

// More than are worked on at a time.
TEST_P(Kernel, MatmulQ8OfManyColumnsEqualsScalar) {
  Random random(5);
  for (const std::uint32_t cols : {1024u, 1027u, 2301u}) {
    MatmulShape s(random, true);
    s.rows = 37, s.cols = cols, s.tokens = 11, s.begin = 0, s.end = 3;
    product_equals_scalar(*this, random, Values::plain, Format::q8, s);
  }
}

TEST_P(Kernel, MatmulQ8Of16CodesARowEqualsScalar) {
  often(100, [&](Random &random, Values values) {
    product_equals_scalar(*this, random, values, Format::q8x16, MatmulShape(random, true));
  });
}

// check.template operator()<Row>() for each format of format/blocks.h.
template <class Check>
void each_format_in_blocks(Check check) {
  format::Formats::each([&]<class Row> {
    SCOPED_TRACE(Row::name);
    if constexpr (requires { Row::block_bytes; }) check.template operator()<Row>();
  });
}

TEST_P(Kernel, MatmulOfBlocksEqualsScalar) {
  each_format_in_blocks([&]<class Row> {
    often(250, [&](Random &random, Values values) {
      product_equals_scalar(*this, random, values, Row::format, MatmulShape(random, true));
    });
  });
}

// More columns than are unpacked at a time, for more tokens than make that worthwhile.
TEST_P(Kernel, MatmulOfManyColumnsOfBlocksEqualsScalar) {
  each_format_in_blocks([&]<class Row> {
    Random random(6);
    for (const std::uint32_t cols : {990u, 1027u, 2301u}) {
      MatmulShape s(random, true);
      s.rows = 37, s.cols = cols, s.tokens = 75, s.begin = 0, s.end = 3;
      product_equals_scalar(*this, random, Values::plain, Row::format, s);
    }
  });
}

// The largest sums that codes can give: none of the kernels' 16-bit steps may overflow.
void product_of_extremes_equals_scalar(Kernel &test, Format format, std::uint32_t tokens) {
  Random random(3);
  MatmulShape s(random, true);
  s.rows = 16, s.cols = 256, s.group = 256, s.tokens = tokens, s.begin = 0, s.end = 1;
  for (const unsigned fine : {0x7Fu, 0x8Fu, 0x0Fu, 0x70u, 0x80u, 0x01u}) {
    for (const unsigned codes : {0xFFu, 0x00u, 0xF0u, 0x0Fu}) {
      Fenced<std::byte> w(format::matrix_bytes(format, s.rows, s.cols, s.group));
      std::fill(w.begin(), w.end(), static_cast<std::byte>(codes));
      for (std::size_t i = 0; i < 32; i += 2) std::memcpy(w.data() + i, "\x00\x3C", 2);
      std::fill(w.begin() + 32, w.begin() + 32 + 128, static_cast<std::byte>(fine));
      std::vector<float> x(std::size_t{tokens} * s.cols);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = i / s.cols % 2 == 0 ? 1.0f : -1.0f;
      QuantizedTokens q(x, s.cols, s.group, s.tokens);
      test.same<float>(std::size_t{tokens} * 16, [&](const Kernels &k, float *y) {
        k.matmul[index_of(format)]({w.data(), s.rows, s.cols, s.group, s.tokens, nullptr, 0, q.view(), y, 16}, 0, 1);
      });
    }
  }
}

TEST_P(Kernel, MatmulOfExtremeBlocksEqualsScalar) {
  each_format_in_blocks([&]<class Row> {
    product_of_extremes_equals_scalar(*this, Row::format, 2);
    product_of_extremes_equals_scalar(*this, Row::format, 66);
  });
}

// Magnitudes down to the subnormals, where a product with the inverse of the largest may be subnormal too.
void fill_with_all_magnitudes(Fenced<float> &x, Random &random) {
  const std::uint32_t octaves = random.from_to(50, 270);
  for (float &value : x) value = std::ldexp(random.unit(), static_cast<int>(random.from_to(0, octaves)) - 149);
}

// `entry` is the member of Kernels, and the group at most `most` times 64.
void quantize_equals_scalar(Kernel &test, decltype(&Kernels::quantize) entry, std::uint32_t most) {
  test.often(250, [&](Random &random, Values values) {
    const std::uint32_t n = random.from_to(1, 600), group = random.from_to(1, most) * 64;
    const std::size_t groups = format::ceil_div(n, group);
    Fenced<float> x(n);
    fill(x, random, values);
    if (random.bits() % 4 == 0) fill_with_all_magnitudes(x, random);
    Guarded<std::int8_t> codes[2] = {Guarded<std::int8_t>(format::round_up(n, 64)), codes[0]};
    Guarded<float> scales[2] = {Guarded<float>(groups), scales[0]};
    Guarded<CodeSums> sums[2] = {Guarded<CodeSums>(format::ceil_div(n, format::kPair)), sums[0]};
    (scalar().*entry)(x.data(), n, group, codes[0].data(), scales[0].data(), sums[0].data());
    (test.simd().*entry)(x.data(), n, group, codes[1].data(), scales[1].data(), sums[1].data());
    EXPECT_TRUE(same_bits(codes[0].span(), codes[1].span()));
    EXPECT_TRUE(same_bits(scales[0].span(), scales[1].span()));
    EXPECT_TRUE(same_bits(sums[0].span(), sums[1].span()));
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(codes[i].intact() && scales[i].intact() && sums[i].intact());
  });
}

TEST_P(Kernel, QuantizeEqualsScalar) { quantize_equals_scalar(*this, &Kernels::quantize, 4); }

TEST_P(Kernel, QuantizeTransformedEqualsScalar) { quantize_equals_scalar(*this, &Kernels::quantize_transformed, 2); }

// ---- attention ----

struct AttentionShape {
  std::uint32_t queries, positions, head_dim, step;
  std::size_t rounded;  // positions up to whole tiles
  std::size_t q_stride, row_stride;

  explicit AttentionShape(Random &random)
      : queries(random.from_to(1, 9)),
        positions(random.from_to(1, 100)),
        head_dim(random.from_to(1, 256)),
        step(random.from_to(0, 1)),
        rounded(format::round_up(positions, 16)),
        q_stride(head_dim + random.from_to(0, 5)),
        row_stride(rounded + random.from_to(0, 5)) {}

  std::size_t outputs() const { return (queries - 1) * row_stride + rounded; }
  std::uint32_t most_positions() const { return positions + (queries - 1) * step; }
};

// Scores beyond `positions` are unspecified: they are made equal before the comparison.
auto scores_of(Scores s, const AttentionShape &shape, Format format) {
  s.queries = shape.queries;
  s.positions = shape.positions;
  s.head_dim = shape.head_dim;
  s.scale = 0.37f;
  s.score_stride = shape.row_stride;
  return [s, shape, format](const Kernels &k, float *out) mutable {
    s.scores = out;
    k.scores[index_of(format)](s);
    for (std::uint32_t i = 0; i < s.queries; ++i) {
      float *row = out + i * shape.row_stride;
      std::fill(row + s.positions, row + shape.rounded, 0.0f);
    }
  };
}

TEST_P(Kernel, ScoresF32EqualScalar) {
  often(100, [&](Random &random, Values values) {
    const AttentionShape a(random);
    Fenced<float> k(a.rounded * a.head_dim), q(a.queries * a.q_stride);
    fill(k, random, values);
    fill(q, random, values);
    Scores s{};
    s.k = k.data();
    s.q = q.data();
    s.q_stride = a.q_stride;
    same<float>(a.outputs(), scores_of(s, a, Format::f32));
  });
}

TEST_P(Kernel, ScoresF16EqualScalar) {
  often(100, [&](Random &random, Values values) {
    const AttentionShape a(random);
    Fenced<std::uint16_t> k(a.rounded * a.head_dim);
    Fenced<float> q(a.queries * a.q_stride);
    fill(k, random, values);
    fill(q, random, values);
    Scores s{};
    s.k = k.data();
    s.q = q.data();
    s.q_stride = a.q_stride;
    same<float>(a.outputs(), scores_of(s, a, Format::f16));
  });
}

TEST_P(Kernel, ScoresQ8EqualScalar) {
  often(100, [&](Random &random, Values values) {
    const AttentionShape a(random);
    Fenced<std::int8_t> k(a.rounded * format::round_up(a.head_dim, 4));
    Fenced<float> k_scales(a.rounded);
    fill(k, random, values);
    fill(k_scales, random, values);
    QuantizedTokens q(random, values, a.head_dim, 256, a.queries);
    Scores s{};
    s.k = k.data();
    s.k_scales = k_scales.data();
    s.codes = q.view();
    same<float>(a.outputs(), scores_of(s, a, Format::q8));
  });
}

// Windows that begin anywhere, and rows of V that continue elsewhere. The scalar table computes the same with all rows
// in one piece.
void add_window(Random &random, Mix &m, Format format, std::uint32_t *begins) {
  const std::uint32_t last = m.positions + (m.queries - 1) * m.step;
  const std::size_t element = format == Format::f32 ? 4 : format == Format::f16 ? 2 : 1;
  for (std::uint32_t i = 0; i < m.queries; ++i) {
    begins[i] = std::max(i == 0 ? 0 : begins[i - 1], random.from_to(0, m.positions + i * m.step - 1));
  }
  m.begins = begins;
  m.wrap = random.from_to(1, last);
  m.wrapped_v = static_cast<const std::byte *>(m.v) + std::size_t{m.wrap} * m.head_dim * element;
  m.wrapped_scales = m.v_scales == nullptr ? nullptr : m.v_scales + m.wrap;
}

// `v` and `v_scales` as they lie; weights, inverse sums and the rest are made here.
auto mix_of(Random &random, Values values, const AttentionShape &a, const void *v, const float *v_scales,
            Format format) {
  auto weights = std::make_shared<Fenced<float>>(a.queries * (a.row_stride + a.queries));
  auto inverses = std::make_shared<Fenced<float>>(a.queries);
  fill(*weights, random, values);
  fill(*inverses, random, values);
  Mix m{.v = v,
        .v_scales = v_scales,
        .queries = a.queries,
        .weights = weights->data(),
        .weight_stride = a.row_stride + a.queries,
        .inverse_sums = inverses->data(),
        .positions = a.positions,
        .step = a.step,
        .head_dim = a.head_dim,
        .out = nullptr,
        .out_stride = a.q_stride,
        .begins = nullptr,
        .wrap = 0,
        .wrapped_v = nullptr,
        .wrapped_scales = nullptr};
  auto begins = std::make_shared<std::array<std::uint32_t, 64>>();
  if (random.from_to(0, 1) == 1) add_window(random, m, format, begins->data());
  return [m, weights, inverses, begins, format](const Kernels &k, float *out) mutable {
    m.out = out;
    if (&k == &scalar()) m.wrap = 0xFFFFFFFF;
    k.mix[index_of(format)](m);
  };
}

template <class T>
void mix_equals_scalar(Kernel &test, Random &random, Values values, Format format) {
  const AttentionShape a(random);
  Fenced<T> v(std::size_t{a.most_positions()} * a.head_dim);
  Fenced<float> v_scales(a.most_positions());
  fill(v, random, values);
  fill(v_scales, random, values);
  test.same<float>((a.queries - 1) * a.q_stride + a.head_dim,
                   mix_of(random, values, a, v.data(), format == Format::q8 ? v_scales.data() : nullptr, format));
}

TEST_P(Kernel, MixF32EqualsScalar) {
  often(100, [&](Random &random, Values values) { mix_equals_scalar<float>(*this, random, values, Format::f32); });
}

TEST_P(Kernel, MixF16EqualsScalar) {
  often(100,
        [&](Random &random, Values values) { mix_equals_scalar<std::uint16_t>(*this, random, values, Format::f16); });
}

TEST_P(Kernel, MixQ8EqualsScalar) {
  often(100, [&](Random &random, Values values) { mix_equals_scalar<std::int8_t>(*this, random, values, Format::q8); });
}

TEST_P(Kernel, SoftmaxEqualsScalar) {
  often(300, [&](Random &random, Values values) {
    Fenced<float> x(random.from_to(1, 300));
    fill(x, random, values);
    same<float>(x.size() + 1, [&](const Kernels &k, float *out) {
      std::copy(x.begin(), x.end(), out);
      out[x.size()] = k.softmax(out, static_cast<std::uint32_t>(x.size()));
    });
  });
}

TEST_P(Kernel, SoftmaxIsTheSameWithNanAnywhere) {
  for (std::size_t n = 1; n <= 70; ++n) {
    for (std::size_t at = 0; at < n; ++at) {
      same<float>(n + 1, [&](const Kernels &k, float *out) {
        for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(i % 7);
        out[at] = std::numeric_limits<float>::quiet_NaN();
        out[n] = k.softmax(out, static_cast<std::uint32_t>(n));
      });
    }
  }
}

// ---- vectors ----

TEST_P(Kernel, NormsEqualScalar) {
  often(200, [&](Random &random, Values values) {
    const std::uint32_t n = random.from_to(1, 300);
    Fenced<float> x(n), weight(n), bias(n);
    for (Fenced<float> *to : {&x, &weight, &bias}) fill(*to, random, values);
    const auto rms = [&](const Kernels &k, float *y) { k.rms_norm(x.data(), weight.data(), n, 1e-5f, y); };
    const auto layer = [&](const Kernels &k, float *y) {
      k.layer_norm(x.data(), weight.data(), bias.data(), n, 1e-5f, y);
    };
    const auto unbiased = [&](const Kernels &k, float *y) { k.layer_norm(x.data(), weight.data(), nullptr, n, 0, y); };
    same<float>(n, rms);
    same<float>(n, layer);
    same<float>(n, unbiased);
    same<float>(n, [&](const Kernels &k, float *y) { k.rms_norm(x.data(), nullptr, n, 1e-5f, y); });
    same<float>(n, [&](const Kernels &k, float *y) { k.layer_norm(x.data(), nullptr, nullptr, n, 1e-5f, y); });
    same<float>(n, [&](const Kernels &k, float *y) {
      std::copy(x.begin(), x.end(), y);
      k.rms_norm(y, weight.data(), n, 1e-5f, y);
      k.layer_norm(y, weight.data(), bias.data(), n, 1e-5f, y);
    });
    same<float>(n, [&](const Kernels &k, float *y) {
      std::copy(x.begin(), x.end(), y);
      k.rms_norm(y, nullptr, n, 1e-5f, y);
      k.layer_norm(y, nullptr, nullptr, n, 1e-5f, y);
    });
  });
}

TEST_P(Kernel, ActivationsEqualScalar) {
  using format::Activation;
  constexpr Activation kAll[] = {Activation::relu, Activation::gelu_erf, Activation::gelu_tanh, Activation::silu,
                                 Activation::relu_squared};
  often(150, [&](Random &random, Values values) {
    const std::uint32_t n = random.from_to(1, 300);
    Fenced<float> x(n), up(n);
    fill(x, random, values);
    fill(up, random, values);
    for (const Activation activation : kAll) {
      for (const float *factor : {up.data(), static_cast<float *>(nullptr)}) {
        same<float>(n, [&](const Kernels &k, float *y) {
          std::copy(x.begin(), x.end(), y);
          k.activate(activation, y, factor, n);
        });
      }
    }
  });
}

TEST_P(Kernel, ActivationsWithParametersEqualScalar) {
  using format::Activation;
  often(150, [&](Random &random, Values values) {
    const std::uint32_t n = random.from_to(1, 300);
    Fenced<float> x(n), up(n), parameters(2);
    fill(x, random, values);
    fill(up, random, values);
    fill(parameters, random, Values::plain);
    const auto run = [&](Activation activation, const float *factor) {
      same<float>(n, [&](const Kernels &k, float *y) {
        std::copy(x.begin(), x.end(), y);
        k.activate_by(parameters.data(), activation, y, factor, n);
      });
    };
    run(Activation::xielu, nullptr);
    run(Activation::xielu, up.data());
    run(Activation::clamped_silu, up.data());
  });
}

TEST_P(Kernel, SoftCapEqualsScalar) {
  often(150, [&](Random &random, Values values) {
    const std::uint32_t n = random.from_to(1, 300);
    const float cap = static_cast<float>(random.from_to(1, 50));
    Fenced<float> x(n);
    fill(x, random, values);
    same<float>(n, [&](const Kernels &k, float *y) {
      std::copy(x.begin(), x.end(), y);
      k.soft_cap(y, n, cap);
    });
  });
}

// One float in 1009 of all there are, both signs: every exponent, subnormals, infinities and NaN.
TEST_P(Kernel, ActivationsEqualScalarOverAllFloats) {
  using format::Activation;
  constexpr std::uint32_t kBatch = 4096;
  std::vector<float> x(kBatch);
  for (std::uint64_t first = 0; first < std::uint64_t{1} << 32; first += std::uint64_t{1009} * kBatch) {
    for (std::uint32_t i = 0; i < kBatch; ++i) {
      x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(first + std::uint64_t{1009} * i));
    }
    for (const Activation activation : {Activation::gelu_erf, Activation::gelu_tanh, Activation::silu}) {
      std::vector<float> expected = x, actual = x;
      scalar().activate(activation, expected.data(), nullptr, kBatch);
      simd().activate(activation, actual.data(), nullptr, kBatch);
      ASSERT_TRUE(same_bits<float>(expected, actual)) << "from bits " << first;
    }
  }
}

TEST_P(Kernel, SoftCapEqualsScalarOverAllFloats) {
  constexpr std::uint32_t kBatch = 4096;
  std::vector<float> x(kBatch);
  for (std::uint64_t first = 0; first < std::uint64_t{1} << 32; first += std::uint64_t{1009} * kBatch) {
    for (std::uint32_t i = 0; i < kBatch; ++i) {
      x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(first + std::uint64_t{1009} * i));
    }
    std::vector<float> expected = x, actual = x;
    scalar().soft_cap(expected.data(), kBatch, 30);
    simd().soft_cap(actual.data(), kBatch, 30);
    ASSERT_TRUE(same_bits<float>(expected, actual)) << "from bits " << first;
  }
}

TEST_P(Kernel, AddEqualsScalar) {
  often(100, [&](Random &random, Values values) {
    const std::uint32_t n = random.from_to(1, 300);
    Fenced<float> x(n), y(n);
    fill(x, random, values);
    fill(y, random, values);
    same<float>(n, [&](const Kernels &k, float *out) {
      std::copy(x.begin(), x.end(), out);
      k.add(out, y.data(), n);
    });
  });
}

TEST_P(Kernel, RotationEqualsScalar) {
  often(150, [&](Random &random, Values values) {
    const std::uint32_t heads = random.from_to(1, 5), half = random.from_to(1, 64);
    const std::uint32_t head_dim = half * 2 + random.from_to(0, 9);
    Fenced<float> x(std::size_t{heads} * head_dim), cos(half), sin(half);
    fill(x, random, values);
    fill(cos, random, Values::plain);
    fill(sin, random, Values::plain);
    same<float>(x.size(), [&](const Kernels &k, float *out) {
      std::copy(x.begin(), x.end(), out);
      k.rotate_halves(out, cos.data(), sin.data(), heads, head_dim, half);
    });
  });
}

TEST_P(Kernel, HalvesEqualScalar) {
  often(100, [&](Random &random, Values values) {
    Fenced<float> x(random.from_to(1, 300));
    fill(x, random, values);
    for (float &value : x) {
      if (random.bits() % 2 == 0) value = std::bit_cast<float>(random.bits());
    }
    same<std::uint16_t>(x.size(), [&](const Kernels &k, std::uint16_t *y) {
      k.to_f16(x.data(), static_cast<std::uint32_t>(x.size()), y);
    });
  });
}

// ---- what a result does not depend on ----

// The first tile that begins 4 GiB behind the first one. Only its own pages of the matrix are ever touched.
TEST_P(Kernel, MatmulOfATileBeyond4GiBIsThatOfTheSameTileInFront) {
  if (sizeof(std::size_t) == 4) GTEST_SKIP() << "a blob is smaller than that";
  constexpr std::uint32_t kCols = 1 << 16, kGroup = 128, kTokens = 3;
  Random random(9);
  QuantizedTokens x(random, Values::plain, kCols, kGroup, kTokens);
  for (const Format format : {Format::f32, Format::f16, Format::q8, Format::q4, Format::q8x16}) {
    MatmulShape s(random, true);
    s.cols = kCols, s.group = format::in_groups(format) ? kGroup : 0;
    Fenced<std::byte> near(format::tile_bytes(format, s.cols, s.group));
    s.group != 0 ? fill_codes(near, format, s, random, Values::plain) : fill_floats(near, format, random);
    const auto tile = static_cast<std::uint32_t>((std::uint64_t{1} << 32) / near.size() + 1);
    const std::size_t mapped = near.size() * (std::size_t{tile} + 1);
    void *far = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (far == MAP_FAILED) GTEST_SKIP() << "no address space for the matrix";
    std::memcpy(static_cast<std::byte *>(far) + near.size() * tile, near.data(), near.size());

    const std::uint32_t rows = (tile + 1) * format::kTileRows;
    const QuantizedRows q = format == Format::q8 ? x.rows(simd(), 0, kTokens) : x.view();
    std::vector<float> expected(kTokens * format::kTileRows), actual(std::size_t{kTokens} * rows);
    Matmul m{near.data(),     format::kTileRows, kCols, s.group, kTokens, x.x.data(), kCols, q,
             expected.data(), format::kTileRows};
    simd().matmul[index_of(format)](m, 0, 1);
    m.weights = static_cast<const std::byte *>(far), m.rows = rows, m.y = actual.data(), m.y_stride = rows;
    simd().matmul[index_of(format)](m, tile, tile + 1);
    for (std::uint32_t t = 0; t < kTokens; ++t) {
      EXPECT_TRUE(same_bits<float>(
          std::span(expected).subspan(t * format::kTileRows, format::kTileRows),
          std::span(actual).subspan((std::size_t{t} + 1) * rows - format::kTileRows).first(format::kTileRows)))
          << tidbit_format_name(static_cast<tidbit_format>(format)) << ", token " << t;
    }
    munmap(far, mapped);
  }
}

TEST_P(Kernel, MatmulQ8OfATokenIsTheSameAloneAndAmongOthers) {
  constexpr std::uint32_t kRows = 100, kCols = 144, kGroup = 64, kTokens = 19;
  Random random(7);
  MatmulShape s(random, true);
  s.rows = kRows, s.cols = kCols, s.group = kGroup;
  Fenced<std::byte> w(format::matrix_bytes(Format::q8, kRows, kCols, kGroup));
  fill_codes(w, Format::q8, s, random, Values::plain);
  QuantizedTokens x(random, Values::plain, kCols, kGroup, kTokens);
  std::vector<float> together(kTokens * kRows), alone(kTokens * kRows);
  const auto tiles = static_cast<std::uint32_t>(format::tile_count(kRows));
  simd().matmul[index_of(Format::q8)](
      {w.data(), kRows, kCols, kGroup, kTokens, nullptr, 0, x.rows(simd(), 0, kTokens), together.data(), kRows}, 0,
      tiles);
  for (std::uint32_t t = 0; t < kTokens; ++t) {
    const QuantizedRows one = x.rows(simd(), t, 1);
    for (std::uint32_t tile = 0; tile < tiles; ++tile) {
      simd().matmul[index_of(Format::q8)](
          {w.data(), kRows, kCols, kGroup, 1, nullptr, 0, one, alone.data() + t * kRows, kRows}, tile, tile + 1);
    }
  }
  EXPECT_TRUE(same_bits<float>(together, alone));
}

#if defined(__riscv) || defined(__i386__)  // have the scalar table only
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Kernel);
#endif
INSTANTIATE_TEST_SUITE_P(Tables, Kernel, ::testing::ValuesIn(tables()),
                         [](const ::testing::TestParamInfo<Table> &table) { return table.param.name; });

}  // namespace
}  // namespace tidbit::test
