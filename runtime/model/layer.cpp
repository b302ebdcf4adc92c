// A layer from top to bottom, in the order of "The decoder" in ARITHMETIC.md.
#include "model/layer.h"

#include "model/linear.h"

namespace tidbit {
namespace {

using format::GlobalRole;
using format::LayerRole;
using format::Norm;

// y[t] = norm(x[t]), with the weights of this role and the bias of the next one.
void apply_norm(const Layer &layer, Norm norm, LayerRole weight, const Rows &x, const Rows &y) {
  if (norm == Norm::none) return;
  const auto bias = static_cast<LayerRole>(static_cast<std::uint8_t>(weight) + 1);
  normalize(layer.slice, {norm, layer.kind().norm_epsilon, layer.weights.floats(weight), layer.weights.floats(bias)}, x,
            y);
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

// The residual sum, then the norm after it, if there is one.
void add_sublayer(const Layer &layer, Norm norm, LayerRole weight) {
  const Session &s = layer.slice.s;
  const Activations &rows = layer.rows();
  const std::uint32_t width = s.model.config().width;
  layer.slice.each_token([&](std::uint32_t t) { s.kernels->add(rows.hidden[t], rows.sublayer[t], width); });
  apply_norm(layer, norm, weight, rows.hidden, rows.hidden);
}

// From the residual stream to queries, keys and values. Stores keys and values in the cache.
void before_attention(const Layer &layer) {
  const Rows &in = sublayer_in(layer, layer.kind().mixer_in_norm, LayerRole::mixer_in_norm);
  layer.observe(TIDBIT_POINT_MIXER_IN, layer.size(format::Dim::width), in);
  apply(layer.slice, layer.weights.matrix(LayerRole::qkv), layer.weights.floats(LayerRole::qkv_bias), in,
        layer.rows().inner);
  rotate(layer);
  layer.observe(TIDBIT_POINT_QKV, layer.size(format::Dim::qkv), layer.rows().inner);
  store_keys_values(layer);
}

// From the heads' outputs to the residual stream after the layer.
void after_attention(const Layer &layer) {
  const format::LayerKind &kind = layer.kind();
  const Rows &sublayer = layer.rows().sublayer;
  const Rows mixed = layer.mixed();
  const std::uint32_t width = layer.size(format::Dim::width);
  layer.observe(TIDBIT_POINT_MIXED, layer.size(format::Dim::attention), mixed);
  apply(layer.slice, layer.weights.matrix(LayerRole::attention_out),
        layer.weights.floats(LayerRole::attention_out_bias), mixed, sublayer);
  layer.observe(TIDBIT_POINT_MIXER_OUT, width, sublayer);
  add_sublayer(layer, kind.mixer_sum_norm, LayerRole::mixer_sum_norm);

  const Rows &in = sublayer_in(layer, kind.ffn_in_norm, LayerRole::ffn_in_norm);
  layer.observe(TIDBIT_POINT_FFN_IN, width, in);
  feed_forward(layer, in);
  layer.observe(TIDBIT_POINT_FFN_OUT, width, sublayer);
  add_sublayer(layer, kind.ffn_sum_norm, LayerRole::ffn_sum_norm);
  layer.observe(TIDBIT_POINT_LAYER_OUT, width, layer.rows().hidden);
}

// What each worker does with its slice of the chunk.
struct Work {
  enum class Step : std::uint8_t { embedding, before_attention, after_attention } step;
  const std::int32_t *tokens;  // of the embedding
  const LayerView *weights;    // of the other steps
  const KvLayer *kv;
  std::uint32_t layer;
};

void do_on_slices(Session &s, std::uint32_t count, const Work &work) {
  each_slice(s, count, [&](const TokenSlice &slice) {
    if (work.step == Work::Step::embedding) return embed(slice, work.tokens);
    const Layer layer{slice, *work.weights, *work.kv, work.layer};
    if (work.step == Work::Step::before_attention) return before_attention(layer);
    after_attention(layer);
  });
}

}  // namespace

void embed_chunk(Session &s, const std::int32_t *tokens, std::uint32_t count) {
  do_on_slices(s, count, {Work::Step::embedding, tokens, nullptr, nullptr, 0});
}

std::uint64_t run_layer(Session &s, std::uint32_t index, std::uint64_t kv_offset, std::uint32_t count) {
  const LayerView weights = s.model.layer(index);
  const KvLayer kv = s.memory.kv.layer(*weights.kind, kv_offset);
  const TokenSlice chunk{s, {0, count}, true};
  do_on_slices(s, count, {Work::Step::before_attention, nullptr, &weights, &kv, index});
  attend({chunk, weights, kv, index});
  do_on_slices(s, count, {Work::Step::after_attention, nullptr, &weights, &kv, index});
  return kv_offset + kv.bytes();
}

void compute_logits(Session &s, std::uint32_t index) {
  const format::Config &c = s.model.config();
  const Activations &rows = s.memory.activations;
  const TokenSlice slice{s, {index, index + 1}, true};
  const Rows &x = c.final_norm != Norm::none ? rows.sublayer : rows.hidden;
  if (c.final_norm != Norm::none) {
    normalize(slice,
              {c.final_norm, c.final_norm_epsilon, s.model.floats(GlobalRole::final_norm),
               s.model.floats(GlobalRole::final_norm_bias)},
              rows.hidden, x);
  }
  observe(s, s.model.layers(), TIDBIT_POINT_HEAD_IN, index, 1, c.width, x);
  const Rows logits = {s.memory.logits, 0};  // the only row, whatever the index
  apply(slice, s.model.head(), s.model.floats(GlobalRole::head_bias), x, logits);
  if (c.logit_scale == 1.0f) return;
  for (std::uint32_t i = 0; i < c.vocab_size; ++i) s.memory.logits[i] = s.memory.logits[i] * c.logit_scale;
}

}  // namespace tidbit
