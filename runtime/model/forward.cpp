// One decoder, described by numbers: embedding, layers, logits. Every operation is specified in ARITHMETIC.md.
#include <cstring>

#include "format/features.h"
#include "base/arith.h"
#include "model/rotary.h"
#include "model/session.h"

namespace tidbit {
namespace {

using format::Config;
using format::Dtype;
using format::Layout;
using format::Role;
using format::Tensor;

// ---- embeddings ----

float element(const void *data, Dtype dtype, std::uint64_t index) {
  if (dtype == Dtype::f32) return static_cast<const float *>(data)[index];
  return half_to_float(static_cast<const std::uint16_t *>(data)[index]);
}

// body(k, scale) for each column k of row r of a q8 or q4 tile.
template <class Body>
void each_scaled(const std::byte *tile, const Tensor &t, std::uint32_t r, Body body) {
  for (std::uint32_t begin = 0; begin < t.cols; begin += t.group) {
    const float scale = element(tile, Dtype::f16, format::tile_element(r, begin / t.group));
    const std::uint32_t end = t.cols - begin < t.group ? t.cols : begin + t.group;
    for (std::uint32_t k = begin; k < end; ++k) body(k, scale);
  }
}

void q4_row(const std::byte *tile, const Tensor &t, std::uint32_t r, float *out) {
  const std::byte *fine = tile + format::q4_scale_bytes(t.cols, t.group);
  const std::byte *codes = tile + format::q4_head_bytes(t.cols, t.group);
  each_scaled(tile, t, r, [&](std::uint32_t k, float scale) {
    const auto code = static_cast<std::int32_t>(codes[format::q4_code_byte(r, k)] >> format::q4_nibble(k)) & 15;
    const auto block = static_cast<std::uint8_t>(fine[k / format::kBlock * format::kTileRows + r]);
    out[k] = static_cast<float>(format::q4_weight(block, code)) * scale;
  });
}

template <Layout layout>
void q8_row(const std::byte *tile, const Tensor &t, std::uint32_t r, float *out) {
  const auto *codes = reinterpret_cast<const std::int8_t *>(tile + format::q8_scale_bytes(t.cols, t.group));
  each_scaled(tile, t, r, [&](std::uint32_t k, float scale) {
    out[k] = static_cast<float>(codes[format::q8_code<layout>(r, k)]) * scale;
  });
}

bool is_tile16x16(const Tensor &t) { return features::kTile16x16 && t.layout == Layout::tile16x16; }

// One row of a matrix as floats.
void matrix_row(const Model &model, const Tensor &t, std::uint32_t row, float *out) {
  const std::uint32_t r = row % format::kTileRows;
  const std::byte *tile =
      model.data(t) + row / format::kTileRows * format::tile_bytes(t.dtype, t.layout, t.cols, t.group);
  if (is_tile16x16(t)) return q8_row<Layout::tile16x16>(tile, t, r, out);
  if (features::has_weights(Dtype::q4) && t.dtype == Dtype::q4) return q4_row(tile, t, r, out);
  if (features::has_weights(Dtype::q8) && t.dtype == Dtype::q8) return q8_row<Layout::tile16>(tile, t, r, out);
  if constexpr (features::has_weights(Dtype::f32) || features::has_weights(Dtype::f16)) {
    for (std::uint32_t k = 0; k < t.cols; ++k) out[k] = element(tile, t.dtype, format::tile_element(r, k));
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

// ---- operations on rows of a chunk ----

struct Rows {
  float *data;
  std::size_t stride;

  float *operator[](std::uint32_t i) const { return data + i * stride; }
};

// Who works on what: tokens [begin, end) of a chunk, all of one operation after the other. Few tokens are worked on by
// all workers, who share the rows of a product; else the others have other tokens, and this one does its own by itself.
struct Part {
  Session &s;
  Share tokens;
  bool few;

  template <class Body>
  void each_token(Body body) const {
    for (std::uint32_t t = tokens.begin; t < tokens.end; ++t) body(t);
  }
};

void quantize_rows(const Part &part, const Tensor &w, Rows x) {
  const Kernels &k = *part.s.kernels;
  const std::uint32_t first = part.tokens.begin, count = part.tokens.end - first;
  const QuantizedRows q = part.s.activations.quantized.from(first);
  if (w.dtype == Dtype::q8 && !is_tile16x16(w) && k.quantize_rows != nullptr) {
    return k.quantize_rows(x[first], x.stride, count, w.cols, w.group, q);
  }
  for (std::uint32_t t = 0; t < count; ++t) {
    const QuantizedRows row = q.from(t);
    k.quantize(x[first + t], w.cols, w.group, row.codes, row.scales, row.sums);
  }
}

using MatmulKernel = void (*)(const Matmul &, std::uint32_t, std::uint32_t);

MatmulKernel matmul_kernel(const Kernels &k, const Tensor &w) {
  if (is_tile16x16(w)) return k.matmul_q8_16x16;
  switch (w.dtype) {
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

// y[t] = rows of the given tiles of W x[t], + bias. x as codes is there already where W wants codes.
void multiply(const Part &part, const Tensor &w, const float *bias, Share tiles, Rows x, Rows y) {
  Session &s = part.s;
  const std::uint32_t first = part.tokens.begin, count = part.tokens.end - first, row = tiles.begin * format::kTileRows,
                      end_row = tiles.end * format::kTileRows;
  const std::uint64_t tile_bytes = format::tile_bytes(w.dtype, w.layout, w.cols, w.group);
  const Matmul m{.weights = s.model.data(w) + tiles.begin * tile_bytes,
                 .rows = (end_row < w.rows ? end_row : w.rows) - row,
                 .cols = w.cols,
                 .group = w.group,
                 .tokens = count,
                 .x = x[first],
                 .x_stride = x.stride,
                 .q = s.activations.quantized.from(first),
                 .y = y[first],
                 .y_stride = y.stride};
  const Kernels &k = *s.kernels;
  const MatmulKernel body = matmul_kernel(k, w);
  const std::uint32_t all = tiles.end - tiles.begin;
  const std::uint32_t parts = part.few ? task_count(s, all, tile_bytes * all * count) : 1;
  parallel(s, parts, [&](std::uint32_t i) {
    const Share share = share_of(all, parts, i);
    body(m, share.begin, share.end);
  });
  if (bias != nullptr) part.each_token([&](std::uint32_t t) { k.add(y[t], bias + row, m.rows); });
}

Share all_tiles(const Tensor &w) { return {0, static_cast<std::uint32_t>(format::tile_count(w.rows))}; }

// y[t] = W x[t] + bias
void apply(const Part &part, const Tensor &w, const float *bias, Rows x, Rows y) {
  if (w.group != 0) quantize_rows(part, w, x);
  multiply(part, w, bias, all_tiles(w), x, y);
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
  const Part &part;
  Session &s;
  std::uint32_t index;

  const Tensor &matrix(Role role) const { return *s.model.layer(index, role); }
  const float *vector(Role role) const { return s.model.floats(s.model.layer(index, role)); }
  Rows hidden() const { return {s.activations.hidden, static_cast<std::size_t>(s.sizes.hidden_stride)}; }
  Rows sublayer() const { return {s.activations.sublayer, static_cast<std::size_t>(s.sizes.hidden_stride)}; }
  Rows inner() const { return {s.activations.inner, static_cast<std::size_t>(s.sizes.inner_stride)}; }
  bool pre_norm() const { return s.model.config().norm_place == format::NormPlace::pre; }

  void normalize_rows(Role weight, Role bias, Rows to) const {
    part.each_token([&](std::uint32_t t) { normalize(s, vector(weight), vector(bias), hidden()[t], to[t]); });
  }

  // Pre-norm: x + f(norm(x)). Post-norm: norm(x + f(x)). What f reads, and what follows it.
  Rows begin_residual(Role weight, Role bias) const {
    if (!pre_norm()) return hidden();
    normalize_rows(weight, bias, sublayer());
    return sublayer();
  }
  void end_residual(Role weight, Role bias) const {
    const std::uint32_t width = s.model.config().width;
    part.each_token([&](std::uint32_t t) { s.kernels->add(hidden()[t], sublayer()[t], width); });
    if (!pre_norm()) normalize_rows(weight, bias, hidden());
  }

  void rotate() const {
    const Config &c = s.model.config();
    if (c.position != format::Position::rotary) return;
    part.each_token([&](std::uint32_t t) {
      const auto at = static_cast<std::size_t>(t * s.sizes.angle_stride);
      s.kernels->rotate_halves(inner()[t], s.activations.cos + at, s.activations.sin + at, c.heads + c.kv_heads,
                               c.head_dim, c.rotary_dim / 2);
    });
  }

  // From the residual stream to queries, keys and values; the latter two also into the cache.
  void before_attention() const {
    const Rows from = begin_residual(Role::attention_norm, Role::attention_norm_bias);
    apply(part, matrix(Role::qkv), vector(Role::qkv_bias), from, inner());
    rotate();
    store_keys_values(s, index, part.tokens);
  }

  void after_attention() const {
    const Rows mixed{inner().data + s.sizes.attention_at, inner().stride};
    apply(part, matrix(Role::attention_out), vector(Role::attention_out_bias), mixed, sublayer());
    end_residual(Role::attention_norm, Role::attention_norm_bias);
    feed_forward(begin_residual(Role::ffn_norm, Role::ffn_norm_bias));
    end_residual(Role::ffn_norm, Role::ffn_norm_bias);
  }

  void feed_forward(Rows from) const {
    const Tensor &up = matrix(Role::ffn_up);
    if (up.group != 0) quantize_rows(part, up, from);
    if (part.few || s.model.config().ffn_width % format::kTileRows != 0) {
      multiply(part, up, vector(Role::ffn_up_bias), all_tiles(up), from, inner());
      activate(0, s.model.config().ffn_width);
    } else {
      multiply_in_panels(up, from);
    }
    apply(part, matrix(Role::ffn_down), vector(Role::ffn_down_bias), inner(), sublayer());
  }

  // The same for many tokens, some rows after the other, so that what is to be activated is still in a cache; of the
  // gated form the factors of one panel lie where those of the last one did.
  void multiply_in_panels(const Tensor &up, Rows from) const {
    constexpr std::uint32_t kPanel = 32;
    const Config &c = s.model.config();
    const float *bias = vector(Role::ffn_up_bias);
    const std::uint32_t tiles = c.ffn_width / format::kTileRows;
    for (std::uint32_t tile = 0; tile < tiles; tile += kPanel) {
      const std::uint32_t end = tiles - tile < kPanel ? tiles : tile + kPanel, row = tile * format::kTileRows;
      multiply(part, up, bias, {tile, end}, from, {inner().data + row, inner().stride});
      if (c.gated != 0) {
        multiply(part, up, bias, {tiles + tile, tiles + end}, from, {inner().data + c.ffn_width, inner().stride});
      }
      activate(row, (end - tile) * format::kTileRows);
    }
  }

  void activate(std::uint32_t row, std::uint32_t rows) const {
    const Config &c = s.model.config();
    part.each_token([&](std::uint32_t t) {
      float *gate = inner()[t];
      s.kernels->activate(c.activation, gate + row, c.gated != 0 ? gate + c.ffn_width : nullptr, rows);
    });
  }
};

// A worker's tokens must be this many, or the weights are read too often for what is done with them.
constexpr std::uint32_t kLeastTokens = 16;

// The i-th of `parts` shares of the chunk's tokens. They meet where tiles of keys do: a tile is cleared by the one that
// stores its first position.
Share tokens_of(const Session &s, std::uint32_t count, std::uint32_t parts, std::uint32_t i) {
  const std::uint32_t first = s.position / format::kTileRows, end = s.position + count;
  const Share tiles = share_of((end + format::kTileRows - 1) / format::kTileRows - first, parts, i);
  const auto token = [&](std::uint32_t tile) {
    const std::uint32_t position = (first + tile) * format::kTileRows;
    return position < s.position ? 0 : position < end ? position - s.position : count;
  };
  return {token(tiles.begin), token(tiles.end)};
}

// body(part) for parts that have all tokens of a chunk between them: one for each worker, so that a worker's
// activations stay in its own cache, or a single one where the tokens are too few for that.
template <class Body>
void each_part(Session &s, std::uint32_t count, Body body) {
  const std::uint32_t most = count / kLeastTokens;
  const std::uint32_t parts = most < s.limits.workers ? most : s.limits.workers;
  if (parts < 2) return body(Part{s, {0, count}, s.limits.workers > 1 || count < kLeastTokens});
  parallel(s, parts, [&](std::uint32_t i) { body(Part{s, tokens_of(s, count, parts, i), false}); });
}

}  // namespace

void embed_chunk(Session &s, const std::int32_t *tokens, std::uint32_t count) {
  const Tensor *frequencies = s.model.global(Role::rotary_frequencies);
  const auto body = [&](std::uint32_t t) {
    embed(s, tokens[t], s.position + t, s.activations.hidden + t * s.sizes.hidden_stride);
    if (frequencies == nullptr) return;
    const auto at = static_cast<std::size_t>(t * s.sizes.angle_stride);
    rotary_angles(s.model.floats(frequencies), frequencies->cols, s.position + t, s.activations.cos + at,
                  s.activations.sin + at);
  };
  each_part(s, count, [&](const Part &part) { part.each_token(body); });
}

void run_layer(Session &s, std::uint32_t layer, std::uint32_t count) {
  each_part(s, count, [&](const Part &part) { Layer{part, s, layer}.before_attention(); });
  attend(s, layer, count);
  each_part(s, count, [&](const Part &part) { Layer{part, s, layer}.after_attention(); });
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
  apply(Part{s, {0, 1}, true}, s.model.head(), bias, x, {s.logits, c.vocab_size});
  if (c.logit_scale == 1.0f) return;
  for (std::uint32_t i = 0; i < c.vocab_size; ++i) s.logits[i] = s.logits[i] * c.logit_scale;
}

}  // namespace tidbit
