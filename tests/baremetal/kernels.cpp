// Compares every kernel of the core's own tables with the scalar one, for random shapes and values. It is the version
// of tests/kernels/equals_scalar_test.cpp for targets without an operating system. Prints the number of results
// compared.
#include "base/arith.h"
#include "format/formats.h"
#include "tests/baremetal/console.h"
#include "tests/kernels/random_values.h"

namespace tidbit::test {
namespace {

using format::Format;

constexpr std::uint32_t kRounds = 30, kMostOutputs = 4096;

Random random(1);
const Kernels *own_kernels;
std::uint64_t compared;

template <class T>
struct Outputs {
  T scalar[kMostOutputs], own[kMostOutputs];
};
union {
  Outputs<float> floats;
  Outputs<std::uint16_t> halves;
  Outputs<std::int8_t> codes;
} outputs;

// Calls run(kernels, output) with both tables. Both outputs start with the same contents, so that writes outside the
// result are detected too.
template <class T, class Run>
void same(const char *entry, Outputs<T> &both, std::uint32_t n, Run run) {
  for (T *out : {both.scalar, both.own}) {
    for (std::uint32_t i = 0; i < kMostOutputs; ++i) out[i] = static_cast<T>(i % 100);
  }
  run(*find_kernels(TIDBIT_ISA_SCALAR, 0), both.scalar);
  run(*own_kernels, both.own);
  for (std::uint32_t i = 0; i < kMostOutputs; ++i) {
    if (result_bits(both.scalar[i]) != result_bits(both.own[i])) {
      print(tidbit_isa_name(own_kernels->isa));
      print(": ");
      print(entry);
      print(", element ");
      print_number(i);
      fail(" differs from scalar");
    }
  }
  compared += n;
}

// ---- operands ----

template <class T, std::uint32_t kCount>
struct Operand {
  alignas(64) T all[kCount];
  T *fill(Values values) {
    for (T &x : all) set(x, values);
    return all;
  }
  static void set(float &x, Values values) { x = random_value(random, values); }
  static void set(std::uint16_t &x, Values values) { x = random_half(random, values); }
  static void set(std::int8_t &x, Values) { x = static_cast<std::int8_t>(random.bits()); }
  static void set(std::byte &x, Values) { x = static_cast<std::byte>(random.bits()); }
};

constexpr std::uint32_t kMostRows = 40, kMostColumns = 300, kMostTokens = 3, kMostHeadDim = 70, kMostPositions = 40;
Operand<float, kMostTokens * 512> x;
Operand<float, 48 * kMostColumns> floats;
Operand<std::uint16_t, 48 * kMostColumns> halves;
Operand<std::int8_t, 48 * 72> codes;
Operand<std::byte, 48 * 512> tiles;
Operand<float, 512> vector;

// Activations in groups, quantized by the scalar table.
struct Quantized {
  std::int8_t codes[kMostTokens * 512];
  float scales[kMostTokens * 8];
  CodeSums sums[kMostTokens * 8];

  QuantizedRows rows(std::uint32_t n, std::uint32_t group, std::uint32_t tokens, Values values) {
    x.fill(values);
    for (std::uint32_t t = 0; t < tokens; ++t) {
      find_kernels(TIDBIT_ISA_SCALAR, 0)
          ->quantize(x.all + t * 512, n, group, codes + t * 512, scales + t * 8, sums + t * 8);
    }
    return {codes, scales, sums, 512, 8};
  }

  // Makes scales as small as the smallest that quantize gives, and smaller, so that products with the scales of weights
  // may be subnormal.
  void shrink_scales() {
    const float factor = bits_float(random.from_to(1, 30) << 23);
    for (float &scale : scales) scale = scale * factor;
  }
} quantized;

// ---- kernels ----

Matmul random_matmul(bool in_groups) {
  Matmul m{};
  m.rows = random.from_to(1, kMostRows);
  m.cols = random.from_to(1, kMostColumns);
  m.group = in_groups ? random.from_to(1, 4) * 64 : 0;
  m.tokens = random.from_to(1, kMostTokens);
  m.x = x.all;
  m.x_stride = 512;
  m.y_stride = kMostRows + random.from_to(0, 5);
  return m;
}

void check_matmul(const char *name, Format format, Matmul m) {
  const auto last = static_cast<std::uint32_t>(format::tile_count(m.rows));
  const std::uint32_t first = random.from_to(0, last - 1);
  same(name, outputs.floats, m.rows * m.tokens, [&](const Kernels &k, float *y) {
    m.y = y;
    k.matmul[index_of(format)](m, first, last);
  });
}

void check_float_matmuls(Values values) {
  Matmul m = random_matmul(false);
  x.fill(values);
  m.weights = reinterpret_cast<const std::byte *>(floats.fill(values));
  check_matmul("matmul_f32", Format::f32, m);
  m.weights = reinterpret_cast<const std::byte *>(halves.fill(values));
  check_matmul("matmul_f16", Format::f16, m);
}

float power_of_2(std::int32_t exponent) { return bits_float(static_cast<std::uint32_t>(exponent + 127) << 23); }

// w[r][0] + w[r][1] x[1], where the product differs from half a unit in the last place of the sum by too little for a
// sum in double. So code that rounds twice gets it wrong. Many of the sums are subnormal.
void check_sums_near_the_middle() {
  const std::uint32_t exponent = random.from_to(0, random.bits() % 2 == 0 ? 2 : 250);
  const auto half_unit = static_cast<std::int32_t>(exponent == 0 ? 1 : exponent) - 127 - 24;
  const float little = static_cast<float>(random.from_to(1, 99)) * 0x1p-23f;
  x.all[0] = 1.0f;
  x.all[1] = (1.0f + little) * power_of_2(half_unit / 2);
  for (std::uint32_t row = 0; row < format::kTileRows; ++row) {
    floats.all[row] = bits_float((random.bits() & 0x807FFFFF) | exponent << 23);
    const float factor = (1.0f - little) * power_of_2(half_unit - half_unit / 2);
    floats.all[format::kTileRows + row] = random.bits() % 2 == 0 ? factor : -factor;
  }
  Matmul m{};
  m.rows = format::kTileRows;
  m.cols = 2;
  m.tokens = 1;
  m.x = x.all;
  m.weights = reinterpret_cast<const std::byte *>(floats.all);
  check_matmul("sums near the middle", Format::f32, m);
}

void check_code_matmul(const char *name, Format format, Values values) {
  Matmul m = random_matmul(true);
  m.q = quantized.rows(m.cols, m.group, m.tokens, values);
  if (random.bits() % 2 == 0) quantized.shrink_scales();
  m.weights = tiles.fill(values);
  const auto tile = static_cast<std::uint32_t>(format::tile_bytes(format, m.cols, m.group));
  for (std::uint32_t at = 0; at < format::tile_count(m.rows) * tile; at += tile) {
    for (std::uint32_t i = 0; i < format::group_scale_bytes(m.cols, m.group); i += 2) {
      const std::uint16_t scale = random_half(random, values);
      __builtin_memcpy(tiles.all + at + i, &scale, sizeof scale);
    }
  }
  check_matmul(name, format, m);
}

void check_scores(const char *name, Format format, Scores s) {
  s.scale = 0.37f;
  s.score_stride = 48;
  same(name, outputs.floats, s.queries * s.positions, [&](const Kernels &k, float *out) {
    s.scores = out;
    k.scores[index_of(format)](s);
    for (std::uint32_t i = 0; i < s.queries * 48; ++i) {
      if (i % 48 >= s.positions) out[i] = 0;  // unspecified
    }
  });
}

void check_mix(const char *name, Format format, Mix m) {
  same(name, outputs.floats, m.queries * m.head_dim, [&](const Kernels &k, float *out) {
    m.out = out;
    k.mix[index_of(format)](m);
  });
}

void check_attention(Values values) {
  Scores s{};
  Mix m{};
  s.queries = m.queries = random.from_to(1, kMostTokens);
  s.head_dim = m.head_dim = random.from_to(1, kMostHeadDim);
  s.positions = random.from_to(3, kMostPositions);
  m.step = random.from_to(0, 1);
  m.positions = s.positions - (m.queries - 1) * m.step;
  s.q = m.weights = x.fill(values);
  s.q_stride = m.weight_stride = 512;
  m.inverse_sums = vector.fill(values);
  m.out_stride = kMostHeadDim;
  s.k = m.v = floats.fill(values);
  check_scores("scores_f32", Format::f32, s);
  check_mix("mix_f32", Format::f32, m);
  s.k = m.v = halves.fill(values);
  check_scores("scores_f16", Format::f16, s);
  check_mix("mix_f16", Format::f16, m);
  s.k = m.v = codes.fill(values);
  s.k_scales = m.v_scales = vector.all;
  check_mix("mix_q8", Format::q8, m);
  s.codes = quantized.rows(s.head_dim, 256, s.queries, values);
  check_scores("scores_q8", Format::q8, s);
}

void check_quantize(const char *name, decltype(&Kernels::quantize) entry, std::uint32_t most) {
  const std::uint32_t n = random.from_to(1, 512), group = random.from_to(1, most) * 64;
  float scales[2][8] = {};
  CodeSums sums[2][8] = {};
  std::uint32_t table = 0;
  same(name, outputs.codes, n, [&](const Kernels &k, std::int8_t *out) {
    (k.*entry)(x.all, n, group, out, scales[table], sums[table]);
    ++table;
  });
  for (std::uint32_t i = 0; i < 8; ++i) {
    if (result_bits(scales[0][i]) != result_bits(scales[1][i]) || !(sums[0][i] == sums[1][i])) fail("quantize differs");
  }
}

void check_quantize() {
  check_quantize("quantize", &Kernels::quantize, 4);
  check_quantize("quantize_transformed", &Kernels::quantize_transformed, 2);
}

// For kernels that change n floats in place.
template <class Run>
void check_in_place(const char *name, std::uint32_t n, Run run) {
  same(name, outputs.floats, n, [&](const Kernels &k, float *out) {
    for (std::uint32_t i = 0; i < n; ++i) out[i] = x.all[i];
    run(k, out);
  });
}

// All exponents are equally likely, up to 2^30 or, one time in four, without a limit. This detects units that flush
// subnormals.
void fill_with_all_magnitudes(float *to, std::uint32_t n) {
  const std::uint32_t octaves = random.bits() % 4 == 0 ? 255 : 157;
  for (std::uint32_t i = 0; i < n; ++i) {
    to[i] = bits_float((random.bits() & 0x807FFFFF) | random.from_to(0, octaves) << 23);
  }
}

// x and `vector` must be filled.
void check_vectors() {
  const std::uint32_t n = random.from_to(1, 300), half = random.from_to(1, 32);
  const float *other = vector.all;
  check_in_place("softmax", n, [&](const Kernels &k, float *y) { y[n] = k.softmax(y, n); });
  check_in_place("rms_norm", n, [&](const Kernels &k, float *y) { k.rms_norm(y, other, n, 1e-5f, y); });
  check_in_place("layer_norm", n, [&](const Kernels &k, float *y) { k.layer_norm(y, other, x.all, n, 1e-5f, y); });
  check_in_place("rms_norm without weights", n,
                 [&](const Kernels &k, float *y) { k.rms_norm(y, nullptr, n, 1e-5f, y); });
  check_in_place("layer_norm without weights", n,
                 [&](const Kernels &k, float *y) { k.layer_norm(y, nullptr, nullptr, n, 1e-5f, y); });
  check_in_place("soft_cap", n, [&](const Kernels &k, float *y) { k.soft_cap(y, n, 30); });
  constexpr float kParameters[] = {0.75f, 1.5f};
  check_in_place("activate_by", n, [&](const Kernels &k, float *y) {
    k.activate_by(kParameters, format::Activation::xielu, y, nullptr, n);
    k.activate_by(kParameters, format::Activation::clamped_silu, y, other, n);
  });
  check_in_place("add", n, [&](const Kernels &k, float *y) { k.add(y, other, n); });
  check_in_place("rotate_halves", 4 * 70,
                 [&](const Kernels &k, float *y) { k.rotate_halves(y, other, other + 64, 4, 70, half); });
  for (int kind = 0; kind < 5; ++kind) {
    check_in_place("activate", n, [&](const Kernels &k, float *y) {
      k.activate(static_cast<format::Activation>(kind), y, kind % 2 == 0 ? other : nullptr, n);
    });
  }
  same("to_f16", outputs.halves, n, [&](const Kernels &k, std::uint16_t *y) { k.to_f16(x.all, n, y); });
}

void check_table() {
  compared = 0;
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    check_sums_near_the_middle();
    for (const Values values : kAllValues) {
      check_float_matmuls(values);
      format::Formats::each([&]<class Row> {
        if constexpr (Row::input != format::Input::floats) check_code_matmul(Row::name, Row::format, values);
      });
      check_attention(values);
      x.fill(values);
      vector.fill(values);
      check_quantize();
      check_vectors();
    }
    fill_with_all_magnitudes(x.all, 512);
    fill_with_all_magnitudes(vector.all, 512);
    check_quantize();
    check_vectors();
  }
  print_number(compared);
  print(" results of ");
  print(tidbit_isa_name(own_kernels->isa));
  print(" equal scalar\n");
}

}  // namespace
}  // namespace tidbit::test

int main() {
  using namespace tidbit::test;
  for (int isa = TIDBIT_ISA_SCALAR + 1; isa < TIDBIT_ISA_COUNT; ++isa) {
    own_kernels = tidbit::find_kernels(static_cast<tidbit_isa>(isa), 0);
    if (own_kernels != nullptr) check_table();
  }
  return 0;
}
