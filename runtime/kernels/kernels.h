// The table of kernels. One table per instruction set, each equal to the scalar one with ==; ARITHMETIC.md is the
// specification of every entry. Kernels take ranges of rows or heads and know nothing of threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/blob_format.h"
#include "format/tensor_layout.h"
#include "tidbit/tidbit.h"

namespace tidbit {

// Activations quantized for a q8 matrix: per token, `cols` codes in groups, and per group a scale and the codes' sum.
// Codes from cols to the next multiple of 64 are zero.
struct QuantizedRows {
  std::int8_t *codes;       // [tokens][code_stride]
  float *scales;            // [tokens][group_stride]
  std::int32_t *sums;       // [tokens][group_stride]
  std::size_t code_stride;  // multiple of 64
  std::size_t group_stride;
};

// y[t][r] = sum over k of w[r][k] * x[t][k], for rows of the given tiles.
struct Matmul {
  const std::byte *weights;  // a tile16 tensor
  std::uint32_t rows;
  std::uint32_t cols;
  std::uint32_t group;  // q8 only
  std::uint32_t tokens;
  const float *x;  // f32 and f16: [tokens][x_stride]
  std::size_t x_stride;
  QuantizedRows q;  // q8
  float *y;         // [tokens][y_stride]
  std::size_t y_stride;
};

// scores[p] = (q . k[p]) * scale for p below `positions`. K lies in tiles of 16 positions: f32 and f16
// [tile][head_dim][16], q8 codes [tile][ceil(head_dim / 4)][16][4] with one float scale a position.
// `scores` has room for whole tiles; what lies beyond `positions` is unspecified.
struct Scores {
  const void *k;
  const float *k_scales;       // q8: [tile][16]
  const float *q;              // f32 and f16: [head_dim]
  const std::int8_t *q_codes;  // q8: [head_dim rounded up to 64], zeros beyond head_dim
  float q_scale;               // q8
  std::int32_t q_sum;          // q8: sum of q_codes
  std::uint32_t positions;
  std::uint32_t head_dim;
  float scale;
  float *scores;
};

// out[d] = (sum over p of weights[p] * v[p][d]) * inverse_sum. V is [position][head_dim].
struct Mix {
  const void *v;
  const float *v_scales;  // q8: [position]
  const float *weights;   // [positions], from softmax
  float inverse_sum;
  std::uint32_t positions;
  std::uint32_t head_dim;
  float *out;
};

struct Kernels {
  tidbit_isa isa;

  // Tiles [begin, end) of a matrix of each dtype.
  void (*matmul_f32)(const Matmul &m, std::uint32_t begin, std::uint32_t end);
  void (*matmul_f16)(const Matmul &m, std::uint32_t begin, std::uint32_t end);
  void (*matmul_q8)(const Matmul &m, std::uint32_t begin, std::uint32_t end);

  // One vector of n floats to codes in groups. Writes ceil(n / group) scales and sums, and n codes rounded up to 64.
  void (*quantize)(const float *x, std::uint32_t n, std::uint32_t group, std::int8_t *codes, float *scales,
                   std::int32_t *sums);

  void (*scores_f32)(const Scores &s);
  void (*scores_f16)(const Scores &s);
  void (*scores_q8)(const Scores &s);
  void (*mix_f32)(const Mix &m);
  void (*mix_f16)(const Mix &m);
  void (*mix_q8)(const Mix &m);

  // x[i] = exp(x[i] - max x) for i below n; returns the sum of the results. n >= 1.
  float (*softmax)(float *x, std::uint32_t n);

  // y may be x. `bias` may be null.
  void (*rms_norm)(const float *x, const float *weight, std::uint32_t n, float epsilon, float *y);
  void (*layer_norm)(const float *x, const float *weight, const float *bias, std::uint32_t n, float epsilon, float *y);

  // x[i] = act(x[i]), or with `up` act(x[i]) * up[i].
  void (*activate)(format::Activation activation, float *x, const float *up, std::uint32_t n);

  // x[i] = x[i] + y[i].
  void (*add)(float *x, const float *y, std::uint32_t n);

  // Turns the channel pairs (i, i + half) of each of `heads` heads, `head_dim` apart. (For models that pair 2i with
  // 2i + 1 the converter reorders the rows of the projections.)
  void (*rotate_halves)(float *x, const float *cos, const float *sin, std::uint32_t heads, std::uint32_t head_dim,
                        std::uint32_t half);

  void (*to_f16)(const float *x, std::uint32_t n, std::uint16_t *y);
};

// The table of a set, or null where this build or this CPU does not have it. `cpu` holds TIDBIT_CPU_ flags.
const Kernels *find_kernels(tidbit_isa isa, std::uint32_t cpu);

// One per instruction set's file; each is null-free and constant.
extern const Kernels kScalarKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512VnniKernels;
extern const Kernels kNeonKernels;
extern const Kernels kDotprodKernels;

}  // namespace tidbit
