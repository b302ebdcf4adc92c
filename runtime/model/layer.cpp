// A layer from top to bottom, in the order of "The decoder" in ARITHMETIC.md.
#include "model/layer.h"

#include "model/linear.h"

namespace tidbit {
namespace {

using features::LayerPart;
using format::GlobalRole;
using format::LayerRole;
using format::Norm;

// y[t] = norm(x[t]), with the weights of this role and the bias of the next one.
void apply_norm(const Layer &layer, Norm norm, LayerRole weight, const Rows &x, const Rows &y) {
  if (norm == Norm::none) return;
  const auto bias = static_cast<LayerRole>(static_cast<std::uint8_t>(weight) + 1);
  normalize(layer.slice, {norm, layer.kind().norm_epsilon, layer.weights.floats(weight), layer.weights.floats(bias)},
            layer.slice.s.model.config().width, x, y);
}
static_assert(static_cast<int>(LayerRole::mixer_in_norm_bias) == static_cast<int>(LayerRole::mixer_in_norm) + 1 &&
              static_cast<int>(LayerRole::mixer_sum_norm_bias) == static_cast<int>(LayerRole::mixer_sum_norm) + 1 &&
              static_cast<int>(LayerRole::ffn_in_norm_bias) == static_cast<int>(LayerRole::ffn_in_norm) + 1 &&
              static_cast<int>(LayerRole::ffn_sum_norm_bias) == static_cast<int>(LayerRole::ffn_sum_norm) + 1);

// The input of a sublayer: the residual stream, normalized if there is a norm before the sublayer.
const Rows &sublayer_in(const Layer &layer, Norm norm, LayerRole weight) {
  const Activations &rows = layer.rows();
  apply_norm(layer, norm, weight, rows.hidden, rows.sublayer);
  return norm == Norm::none ? rows.hidden : rows.sublayer;
}

// The norm behind a sublayer and the factor in front of the residual sum, if there are any.
void finish_sublayer(const Layer &layer, Norm norm, LayerRole weight, const Rows &x) {
  if constexpr (features::has(LayerPart::out_norm)) apply_norm(layer, norm, weight, x, x);
  const float scale = layer.kind().residual_scale;
  if (!features::has(LayerPart::residual_scale) || scale == 1.0f) return;
  const std::uint32_t width = layer.size(format::Dim::width);
  layer.slice.each_token([&](std::uint32_t t) {
    for (std::uint32_t i = 0; i < width; ++i) x[t][i] = x[t][i] * scale;
  });
}

void add_to_stream(const Layer &layer, const Rows &x) {
  const Session &s = layer.slice.s;
  const Rows &hidden = layer.rows().hidden;
  const std::uint32_t width = s.model.config().width;
  layer.slice.each_token([&](std::uint32_t t) { s.kernels->add(hidden[t], x[t], width); });
}

// y[t] = final norm of the residual stream; nothing without one.
void apply_final_norm(const TokenSlice &slice, const Rows &y) {
  const Session &s = slice.s;
  const format::Config &c = s.model.config();
  if (c.final_norm == Norm::none) return;
  normalize(slice,
            {c.final_norm, c.final_norm_epsilon, s.model.floats(GlobalRole::final_norm),
             s.model.floats(GlobalRole::final_norm_bias)},
            c.width, s.memory.activations.hidden, y);
}

// The residual sum, then the norm after it, if there is one.
void add_sublayer(const Layer &layer, Norm norm, LayerRole weight) {
  const Rows &hidden = layer.rows().hidden;
  add_to_stream(layer, layer.rows().sublayer);
  apply_norm(layer, norm, weight, hidden, hidden);
}

// What may be done to q, k and v, in this order: limit, norm, rotation, or the norm after the rotation.
void prepare_heads(const Layer &layer) {
  const format::LayerKind &kind = layer.kind();
  const bool normalized = features::has(LayerPart::qk_norm) && kind.qk_norm != Norm::none;
  if (features::has(LayerPart::qkv_clip) && kind.qkv_clip != 0) clip(layer);
  if (normalized && kind.qk_norm_after == 0) normalize_heads(layer);
  rotate(layer);
  if (normalized && kind.qk_norm_after != 0) normalize_heads(layer);
}

// From the residual stream to the mixer's inputs. Stores in the cache what later positions need of them.
void before_mixing(const Layer &layer) {
  const Rows &in = sublayer_in(layer, layer.kind().mixer_in_norm, LayerRole::mixer_in_norm);
  const Rows &inner = layer.rows().inner;
  layer.observe(TIDBIT_POINT_MIXER_IN, layer.size(format::Dim::width), in);
  if (has_convolution(layer.kind())) {
    apply(layer.slice, layer.weights.matrix(LayerRole::conv_in), layer.weights.floats(LayerRole::conv_in_bias), in,
          inner);
    layer.observe(TIDBIT_POINT_QKV, layer.size(format::Dim::conv_in), inner);
    return store_products(layer);
  }
  apply(layer.slice, layer.weights.matrix(LayerRole::qkv), layer.weights.floats(LayerRole::qkv_bias), in, inner);
  prepare_heads(layer);
  layer.observe(TIDBIT_POINT_QKV, layer.size(format::Dim::qkv), inner);
  if (features::has(LayerPart::encoder) && layer.slice.s.stored) return;
  store_keys_values(layer);
}

// From the heads' outputs, or the convolution, to the mixer's output.
void project_mixed(const Layer &layer, const Rows &out) {
  const format::LayerKind &kind = layer.kind();
  if (has_convolution(kind)) {
    convolve(layer);
    const Rows &y = layer.rows().inner;
    layer.observe(TIDBIT_POINT_MIXED, layer.size(format::Dim::width), y);
    return apply(layer.slice, layer.weights.matrix(LayerRole::conv_out), layer.weights.floats(LayerRole::conv_out_bias),
                 y, out);
  }
  const Rows mixed = layer.mixed();
  if (features::has(LayerPart::projection_norm) && kind.projection_norm != Norm::none) {
    normalize(layer.slice,
              {kind.projection_norm, kind.norm_epsilon, layer.weights.floats(LayerRole::mixed_norm),
               layer.weights.floats(LayerRole::mixed_norm_bias)},
              layer.size(format::Dim::attention), mixed, mixed);
  }
  layer.observe(TIDBIT_POINT_MIXED, layer.size(format::Dim::attention), mixed);
  apply(layer.slice, layer.weights.matrix(LayerRole::attention_out),
        layer.weights.floats(LayerRole::attention_out_bias), mixed, out);
}

// From the mixer's inputs to the residual stream after the layer. If the sublayers are parallel, the mixer's output
// waits in `side`, and with one norm its input is still in `sublayer`.
void after_mixing(const Layer &layer) {
  const format::LayerKind &kind = layer.kind();
  const Activations &rows = layer.rows();
  const std::uint32_t width = layer.size(format::Dim::width);
  const bool parallel = is_parallel(kind);
  const Rows &mixer_out = parallel ? rows.side : rows.sublayer;
  project_mixed(layer, mixer_out);
  finish_sublayer(layer, kind.mixer_out_norm, LayerRole::mixer_out_norm, mixer_out);
  layer.observe(TIDBIT_POINT_MIXER_OUT, width, mixer_out);
  if (!parallel) add_sublayer(layer, kind.mixer_sum_norm, LayerRole::mixer_sum_norm);

  const bool shared = parallel && kind.residual == format::Residual::parallel_one_norm;
  const Rows &in = shared ? kind.mixer_in_norm == Norm::none ? rows.hidden : rows.sublayer
                          : sublayer_in(layer, kind.ffn_in_norm, LayerRole::ffn_in_norm);
  layer.observe(TIDBIT_POINT_FFN_IN, width, in);
  feed_forward(layer, in);
  finish_sublayer(layer, kind.ffn_out_norm, LayerRole::ffn_out_norm, rows.sublayer);
  layer.observe(TIDBIT_POINT_FFN_OUT, width, rows.sublayer);
  if (parallel) add_to_stream(layer, mixer_out);
  add_sublayer(layer, kind.ffn_sum_norm, LayerRole::ffn_sum_norm);
  layer.observe(TIDBIT_POINT_LAYER_OUT, width, rows.hidden);
}

// What each worker does with its slice of the chunk.
struct Work {
  enum class Step : std::uint8_t { embedding, before_mixing, after_mixing } step;
  const std::int32_t *tokens;  // of the embedding
  const LayerView *weights;    // of the other steps
  const KvLayer *kv;
  std::uint32_t layer;
};

void do_on_slices(Session &s, std::uint32_t count, const Work &work) {
  each_slice(s, count, [&](const TokenSlice &slice) {
    if (work.step == Work::Step::embedding) return embed(slice, work.tokens);
    const Layer layer{slice, *work.weights, *work.kv, work.layer};
    if (work.step == Work::Step::before_mixing) return before_mixing(layer);
    after_mixing(layer);
  });
}

// A piece at a time, so that the poll hook is called.
void cap_logits(Session &s) {
  constexpr std::uint32_t kPiece = 256;
  const format::Config &c = s.model.config();
  for (std::uint32_t i = 0; c.logit_cap != 0 && i < c.vocab_size; i += kPiece) {
    if (!pace(s, kPiece * kActivationWork)) return;
    s.kernels->soft_cap(s.memory.logits + i, c.vocab_size - i < kPiece ? c.vocab_size - i : kPiece, c.logit_cap);
  }
}

}  // namespace

void embed_chunk(Session &s, const std::int32_t *tokens, std::uint32_t count) {
  do_on_slices(s, count, {Work::Step::embedding, tokens, nullptr, nullptr, 0});
}

std::uint64_t run_layer(Session &s, std::uint32_t index, std::uint64_t kv_offset, std::uint32_t count) {
  const LayerView weights = s.model.layer(index);
  const bool shares = shares_kv(*weights.kind);
  const KvLayer kv =
      s.memory.kv.layer(*weights.kind, shares ? s.memory.kv.offset_of(s.model, weights.kind->kv_layer - 1) : kv_offset);
  const TokenSlice chunk{s, {0, count}, true};
  const bool attends = !has_convolution(*weights.kind);
  do_on_slices(s, count, {Work::Step::before_mixing, nullptr, &weights, &kv, index});
  if (attends) attend({chunk, weights, kv, index});
  do_on_slices(s, count, {Work::Step::after_mixing, nullptr, &weights, &kv, index});
  if (shares) return kv_offset;
  return kv_offset + (attends ? kv.bytes() : s.memory.kv.bytes(*weights.kind, s.model.config().width));
}

#if TIDBIT_HAS_ENCODER

void begin_layer(Session &s, std::uint32_t index, std::uint32_t count) {
  const LayerView weights = s.model.layer(index);
  const KvLayer kv = s.memory.kv.layer(*weights.kind, 0);
  do_on_slices(s, count, {Work::Step::before_mixing, nullptr, &weights, &kv, index});
}

void end_layer(Session &s, std::uint32_t index, std::uint32_t count) {
  const LayerView weights = s.model.layer(index);
  const KvLayer kv = s.memory.kv.layer(*weights.kind, 0);
  attend({{s, {0, count}, true}, weights, kv, index});
  do_on_slices(s, count, {Work::Step::after_mixing, nullptr, &weights, &kv, index});
}

void finish_chunk(Session &s, std::uint32_t count) {
  apply_final_norm({s, {0, count}, true}, s.memory.activations.hidden);
}

#endif  // TIDBIT_HAS_ENCODER

void compute_logits(Session &s, std::uint32_t index) {
  const format::Config &c = s.model.config();
  const Activations &rows = s.memory.activations;
  const TokenSlice slice{s, {index, index + 1}, true};
  const Rows &x = c.final_norm != Norm::none ? rows.sublayer : rows.hidden;
  apply_final_norm(slice, x);
  observe(s, s.model.layers(), TIDBIT_POINT_HEAD_IN, index, 1, c.width, x);
  const Rows logits = {s.memory.logits, 0};  // the only row, whatever the index
  apply(slice, s.model.head(), s.model.floats(GlobalRole::head_bias), x, logits);
  if (c.logit_scale != 1.0f) {
    for (std::uint32_t i = 0; i < c.vocab_size; ++i) s.memory.logits[i] = s.memory.logits[i] * c.logit_scale;
  }
  if constexpr (features::has(LayerPart::soft_cap)) cap_logits(s);
}

}  // namespace tidbit
