// The table of kernels. There is one per instruction set, and its results equal those of the scalar table under ==.
// ARITHMETIC.md specifies every entry. Kernels take ranges of rows or heads and know nothing about threads.
#pragma once

#include "base/float_rules.h"
#include "base/types.h"
#include "format/enums.h"
#include "format/format.h"
#include "format/hadamard.h"
#include "tidbit/tidbit.h"

namespace tidbit {

// For 64 activations, which are two blocks of 32: the sums of their codes, as two operands of one 16-bit multiply-add,
// and -8 times each sum, which is the start of a block's sum if the zero of the codes is 8.
struct CodeSums {
  static constexpr std::int32_t kZero = 8;

  std::int16_t sum[2];
  std::int32_t start[2];
  bool operator==(const CodeSums &) const = default;
};

// Activations quantized for a matrix in groups: each token has `cols` codes, a scale per group, and sums per 64 codes.
// Codes from cols to the next multiple of 64 are zero. For q8, the codes and scales of several tokens may be
// interleaved in an order that depends on the table: see Kernels::quantize_rows.
struct QuantizedRows {
  std::int8_t *codes;       // [tokens][code_stride]
  float *scales;            // [tokens][group_stride]
  CodeSums *sums;           // [tokens][code_stride / 64]
  std::size_t code_stride;  // multiple of 64
  std::size_t group_stride;

  std::size_t sum_stride() const { return code_stride / format::kPair; }
  QuantizedRows from(std::uint32_t t) const {
    return {codes + t * code_stride, scales + t * group_stride, sums + t * sum_stride(), code_stride, group_stride};
  }
};

// y[t][r] = sum over k of w[r][k] * x[t][k], for rows of the given tiles.
struct Matmul {
  const std::byte *weights;  // a matrix in tiles
  std::uint32_t rows;
  std::uint32_t cols;
  std::uint32_t group;  // formats with groups
  std::uint32_t tokens;
  const float *x;  // f32 and f16: [tokens][x_stride]
  std::size_t x_stride;
  QuantizedRows q;  // formats with groups
  float *y;         // [tokens][y_stride]
  std::size_t y_stride;
};

// scores[i][p] = (q[i] . k[p]) * scale for queries i of one key-value head and p below `positions`. K is in tiles of 16
// positions: f32 and f16 [tile][head_dim][16], q8 codes [tile][ceil(head_dim / 4)][16][4] with one float scale per
// position. A row of `scores` has room for whole tiles. Scores from `positions` on are unspecified.
struct Scores {
  const void *k;
  const float *k_scales;  // q8: [tile][16]
  std::uint32_t queries;
  const float *q;        // f32 and f16: [queries][q_stride]
  std::size_t q_stride;  // floats
  QuantizedRows codes;   // q8: the queries, each in one group
  std::uint32_t positions;
  std::uint32_t head_dim;
  float scale;
  float *scores;
  std::size_t score_stride;
};

// out[i][d] = (sum over p of weights[i][p] * v[p][d]) * inverse_sums[i]. V is [position][head_dim]. The first query
// sees `positions` positions, and each further query `step` more: 0 for heads of one token, 1 for tokens of one head.
// With a window, query i sees nothing in front of begins[i], and the rows of V from `wrap` on are elsewhere.
struct Mix {
  const void *v;
  const float *v_scales;  // q8: [position]
  std::uint32_t queries;
  const float *weights;  // [queries][weight_stride], from softmax
  std::size_t weight_stride;
  const float *inverse_sums;  // [queries]
  std::uint32_t positions;
  std::uint32_t step;
  std::uint32_t head_dim;
  float *out;
  std::size_t out_stride;
  const std::uint32_t *begins = nullptr;  // ascending; null: all are 0
  std::uint32_t wrap = 0;
  const void *wrapped_v = nullptr;  // the row of position `wrap`
  const float *wrapped_scales = nullptr;
};

using MatmulKernel = void (*)(const Matmul &m, std::uint32_t begin, std::uint32_t end);  // tiles [begin, end)
using ScoresKernel = void (*)(const Scores &s);
using MixKernel = void (*)(const Mix &m);

// The index of a format in the arrays of Kernels.
constexpr std::size_t index_of(format::Format format) { return static_cast<std::size_t>(format); }

// An entry is null if the build leaves it out (base/features.h).
struct Kernels {
  tidbit_isa isa;

  // Indexed by index_of(the format of the weights or of the KV cache). Of weights, up to the last format that the build
  // has.
  const MatmulKernel *matmul;
  ScoresKernel scores[format::kKvFormats];
  MixKernel mix[format::kKvFormats];

  // Quantizes a vector of n floats in groups. Writes ceil(n / group) scales, ceil(n / 64) sums, and n codes, rounded up
  // to a multiple of 64. The group is a multiple of 64, or at least n.
  void (*quantize)(const float *x, std::uint32_t n, std::uint32_t group, std::int8_t *codes, float *scales,
                   CodeSums *sums);

  // The same for the Hadamard transform of x (format/hadamard.h). The group is 64 or 128.
  void (*quantize_transformed)(const float *x, std::uint32_t n, std::uint32_t group, std::int8_t *codes, float *scales,
                               CodeSums *sums);

  // Quantizes the vectors of a q8 product like `quantize` or `quantize_transformed`, but stores them in the order that
  // this table's q8 matmul reads. Null if that is the order of QuantizedRows.
  void (*quantize_rows)(const float *x, std::size_t x_stride, std::uint32_t tokens, std::uint32_t n,
                        std::uint32_t group, format::InputTransform transform, const QuantizedRows &q);

  // x[i] = exp(x[i] - max x) for i below n; returns the sum of the results. n >= 1.
  float (*softmax)(float *x, std::uint32_t n);

  // y may be x. `bias` may be null, and `weight`, if the build has norms without weights.
  void (*rms_norm)(const float *x, const float *weight, std::uint32_t n, float epsilon, float *y);
  void (*layer_norm)(const float *x, const float *weight, const float *bias, std::uint32_t n, float epsilon, float *y);

  // x[i] = act(x[i]), or act(x[i]) * up[i] if `up` is not null.
  void (*activate)(format::Activation activation, float *x, const float *up, std::uint32_t n);

  // The same for activations with two parameters: xielu and clamped_silu. The latter needs `up`.
  void (*activate_by)(const float *parameters, format::Activation activation, float *x, const float *up,
                      std::uint32_t n);

  // x[i] = cap * tanh(x[i] / cap).
  void (*soft_cap)(float *x, std::uint32_t n, float cap);

  // x[i] = x[i] + y[i].
  void (*add)(float *x, const float *y, std::uint32_t n);

  // Rotates the channel pairs (i, i + half) of each of `heads` heads, which are `head_dim` apart. (For models that pair
  // 2i with 2i + 1, the converter reorders the rows of the projections.)
  void (*rotate_halves)(float *x, const float *cos, const float *sin, std::uint32_t heads, std::uint32_t head_dim,
                        std::uint32_t half);

  void (*to_f16)(const float *x, std::uint32_t n, std::uint16_t *y);
};

// The table of an instruction set, or null if this build or this CPU does not have it. `cpu` are TIDBIT_CPU_ flags.
const Kernels *find_kernels(tidbit_isa isa, std::uint32_t cpu);

}  // namespace tidbit
