// One decoder, described by numbers: embedding, layers, logits. Every operation is specified in ARITHMETIC.md.
#include <cstring>

#include "kernels/arith.h"
#include "model/rotary.h"
#include "model/session.h"

namespace tidbit {
namespace {

using format::Config;
using format::Dtype;
using format::Role;
using format::Tensor;

// ---- embeddings ----

float element(const void *data, Dtype dtype, std::uint64_t index) {
  if (dtype == Dtype::f32) return static_cast<const float *>(data)[index];
  return half_to_float(static_cast<const std::uint16_t *>(data)[index]);
}

void q4_row(const std::byte *tile, const Tensor &t, std::uint32_t r, float *out) {
  const std::byte *fine = tile + format::q4_scale_bytes(t.cols, t.group);
  const std::byte *codes = tile + format::q4_head_bytes(t.cols, t.group);
  for (std::uint32_t k = 0; k < t.cols; ++k) {
    const auto code = static_cast<std::int32_t>(codes[format::q4_code_byte(r, k)] >> format::q4_nibble(k)) & 15;
    const auto block = static_cast<std::uint8_t>(fine[k / format::kBlock * format::kTileRows + r]);
    const float scale = element(tile, Dtype::f16, format::tile_element(r, k / t.group));
    out[k] = static_cast<float>(format::q4_weight(block, code)) * scale;
  }
}

// One row of a tile16 matrix as floats.
void matrix_row(const Model &model, const Tensor &t, std::uint32_t row, float *out) {
  const std::uint32_t r = row % format::kTileRows;
  const std::byte *tile = model.data(t) + row / format::kTileRows * format::tile_bytes(t.dtype, t.cols, t.group);
  if (t.dtype == Dtype::q4) return q4_row(tile, t, r, out);
  if (t.dtype != Dtype::q8) {
    for (std::uint32_t k = 0; k < t.cols; ++k) out[k] = element(tile, t.dtype, format::tile_element(r, k));
    return;
  }
  const auto *codes = reinterpret_cast<const std::int8_t *>(tile + format::q8_scale_bytes(t.cols, t.group));
  for (std::uint32_t k = 0; k < t.cols; ++k) {
    const float scale = element(tile, Dtype::f16, format::tile_element(r, k / t.group));
    out[k] = static_cast<float>(codes[format::q8_code(r, k)]) * scale;
  }
}

void add_table_row(const Model &model, const Tensor &t, std::uint32_t row, float *x) {
  const std::uint64_t start = std::uint64_t{row} * t.cols;
  for (std::uint32_t k = 0; k < t.cols; ++k) x[k] = x[k] + element(model.data(t), t.dtype, start + k);
}

void embed(const Session &s, std::int32_t token, std::uint32_t position, float *x) {
  const Config &c = s.model.config();
  matrix_row(s.model, s.model.token_embedding(), static_cast<std::uint32_t>(token), x);
  for (std::uint32_t k = 0; k < c.width; ++k) x[k] = x[k] * c.embedding_scale;
  if (const Tensor *t = s.model.global(Role::position_embedding)) add_table_row(s.model, *t, position, x);
  if (const Tensor *t = s.model.global(Role::segment_embedding)) add_table_row(s.model, *t, s.segment, x);
}

// ---- operations on the rows of a chunk ----

struct Rows {
  float *data;
  std::size_t stride;

  float *operator[](std::uint32_t i) const { return data + i * stride; }
};

// body(t) for each token of a chunk, which works on about `floats` floats once; tokens are shared out over the workers.
// A float costs as much here as some quarter of a byte of weights does in a product.
template <class Body>
void each_token(Session &s, std::uint32_t count, std::uint64_t floats, Body body) {
  const std::uint32_t parts = task_count(s, count, count * floats / 4);
  parallel(s, parts, [&](std::uint32_t i) {
    const Share share = share_of(count, parts, i);
    for (std::uint32_t t = share.begin; t < share.end; ++t) body(t);
  });
}

void quantize_rows(Session &s, const Tensor &w, Rows x, std::uint32_t count) {
  const QuantizedRows &q = s.activations.quantized;
  each_token(s, count, w.cols, [&](std::uint32_t t) {
    s.kernels->quantize(x[t], w.cols, w.group, q.codes + t * q.code_stride, q.scales + t * q.group_stride,
                        q.sums + t * q.sum_stride());
  });
}

using MatmulKernel = void (*)(const Matmul &, std::uint32_t, std::uint32_t);

MatmulKernel matmul_kernel(const Kernels &k, Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return k.matmul_f32;
    case Dtype::f16:
      return k.matmul_f16;
    case Dtype::q4:
      return k.matmul_q4;
    case Dtype::q8:
      break;
  }
  return k.matmul_q8;
}

// y[t] = W x[t] + bias
void apply(Session &s, const Tensor &w, const float *bias, Rows x, Rows y, std::uint32_t count) {
  if (w.group != 0) quantize_rows(s, w, x, count);
  const Matmul m{.weights = s.model.data(w),
                 .rows = w.rows,
                 .cols = w.cols,
                 .group = w.group,
                 .tokens = count,
                 .x = x.data,
                 .x_stride = x.stride,
                 .q = s.activations.quantized,
                 .y = y.data,
                 .y_stride = y.stride};
  const Kernels &k = *s.kernels;
  const MatmulKernel body = matmul_kernel(k, w.dtype);
  const auto tiles = static_cast<std::uint32_t>(format::tile_count(w.rows));
  const std::uint32_t parts = task_count(s, tiles, w.bytes * count);
  parallel(s, parts, [&](std::uint32_t i) {
    const Share share = share_of(tiles, parts, i);
    body(m, share.begin, share.end);
  });
  if (bias == nullptr) return;
  each_token(s, count, w.rows, [&](std::uint32_t t) { k.add(y[t], bias, w.rows); });
}

void normalize(const Session &s, const float *weight, const float *bias, const float *x, float *y) {
  const Config &c = s.model.config();
  if (c.norm == format::Norm::rms_norm) {
    s.kernels->rms_norm(x, weight, c.width, c.norm_epsilon, y);
  } else {
    s.kernels->layer_norm(x, weight, bias, c.width, c.norm_epsilon, y);
  }
}

// ---- one layer ----

struct Layer {
  Session &s;
  std::uint32_t index;
  std::uint32_t count;

  const Tensor &matrix(Role role) const { return *s.model.layer(index, role); }
  const float *vector(Role role) const { return s.model.floats(s.model.layer(index, role)); }
  Rows hidden() const { return {s.activations.hidden, static_cast<std::size_t>(s.sizes.hidden_stride)}; }
  Rows sublayer() const { return {s.activations.sublayer, static_cast<std::size_t>(s.sizes.hidden_stride)}; }
  Rows inner() const { return {s.activations.inner, static_cast<std::size_t>(s.sizes.inner_stride)}; }

  void normalize_rows(Role weight, Role bias, Rows from, Rows to) const {
    each_token(s, count, s.model.config().width,
               [&](std::uint32_t t) { normalize(s, vector(weight), vector(bias), from[t], to[t]); });
  }

  void rotate() const {
    const Config &c = s.model.config();
    if (c.position != format::Position::rotary) return;
    const std::uint32_t heads = c.heads + c.kv_heads;
    each_token(s, count, std::uint64_t{heads} * c.rotary_dim, [&](std::uint32_t t) {
      const auto at = static_cast<std::size_t>(t * s.sizes.angle_stride);
      s.kernels->rotate_halves(inner()[t], s.activations.cos + at, s.activations.sin + at, heads, c.head_dim,
                               c.rotary_dim / 2);
    });
  }

  // From rows of the residual stream to the sublayer rows.
  void attention(Rows from) const {
    apply(s, matrix(Role::qkv), vector(Role::qkv_bias), from, inner(), count);
    rotate();
    attend(s, index, count);
    const Rows mixed{inner().data + s.sizes.attention_at, inner().stride};
    apply(s, matrix(Role::attention_out), vector(Role::attention_out_bias), mixed, sublayer(), count);
  }

  void feed_forward(Rows from) const {
    const Config &c = s.model.config();
    apply(s, matrix(Role::ffn_up), vector(Role::ffn_up_bias), from, inner(), count);
    each_token(s, count, std::uint64_t{c.ffn_width} * 4, [&](std::uint32_t t) {
      float *gate = inner()[t];
      s.kernels->activate(c.activation, gate, c.gated != 0 ? gate + c.ffn_width : nullptr, c.ffn_width);
    });
    apply(s, matrix(Role::ffn_down), vector(Role::ffn_down_bias), inner(), sublayer(), count);
  }

  // Pre-norm: x + f(norm(x)). Post-norm: norm(x + f(x)).
  template <class Sublayer>
  void residual(Role weight, Role bias, Sublayer body) const {
    const bool pre = s.model.config().norm_place == format::NormPlace::pre;
    if (pre) normalize_rows(weight, bias, hidden(), sublayer());
    body(pre ? sublayer() : hidden());
    const std::uint32_t width = s.model.config().width;
    each_token(s, count, width, [&](std::uint32_t t) { s.kernels->add(hidden()[t], sublayer()[t], width); });
    if (!pre) normalize_rows(weight, bias, hidden(), hidden());
  }
};

}  // namespace

void embed_chunk(Session &s, const std::int32_t *tokens, std::uint32_t count) {
  const Tensor *frequencies = s.model.global(Role::rotary_frequencies);
  each_token(s, count, s.model.config().width, [&](std::uint32_t t) {
    embed(s, tokens[t], s.position + t, s.activations.hidden + t * s.sizes.hidden_stride);
    if (frequencies == nullptr) return;
    const auto at = static_cast<std::size_t>(t * s.sizes.angle_stride);
    rotary_angles(s.model.floats(frequencies), frequencies->cols, s.position + t, s.activations.cos + at,
                  s.activations.sin + at);
  });
}

void run_layer(Session &s, std::uint32_t layer, std::uint32_t count) {
  const Layer l{s, layer, count};
  l.residual(Role::attention_norm, Role::attention_norm_bias, [&](Rows from) { l.attention(from); });
  l.residual(Role::ffn_norm, Role::ffn_norm_bias, [&](Rows from) { l.feed_forward(from); });
}

void compute_logits(Session &s, std::uint32_t index) {
  const Config &c = s.model.config();
  const auto stride = static_cast<std::size_t>(s.sizes.hidden_stride);
  Rows x{s.activations.hidden + index * stride, stride};
  if (const Tensor *norm = s.model.global(Role::final_norm)) {
    const float *norm_bias = s.model.floats(s.model.global(Role::final_norm_bias));
    normalize(s, s.model.floats(norm), norm_bias, x.data, s.activations.sublayer);
    x.data = s.activations.sublayer;
  }
  const float *bias = s.model.floats(s.model.global(Role::head_bias));
  apply(s, s.model.head(), bias, x, {s.logits, c.vocab_size}, 1);
  if (c.logit_scale == 1.0f) return;
  for (std::uint32_t i = 0; i < c.vocab_size; ++i) s.logits[i] = s.logits[i] * c.logit_scale;
}

}  // namespace tidbit
