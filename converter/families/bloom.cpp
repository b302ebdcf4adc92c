// BloomForCausalLM: ALiBi, a norm of the embedding, q, k and v fused head by head.
#include "converter/families/alibi.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr const char *kPrefixes[] = {"transformer.", "", "model."};
constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "word_embeddings.weight"),
    tensor(Global::embedding_norm, "word_embeddings_layernorm.*").biased(),
    tensor(Global::final_norm, "ln_f.*").biased(),
    tensor(Global::head, "/lm_head.weight"),
};

ComputeRow slope(const Reading &model) {
  return [slopes = alibi_slopes(model.kind.heads)](std::uint32_t head, float *out) { *out = slopes[head]; };
}

constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "input_layernorm.*").biased(),
    tensor(Layer::qkv, "self_attention.query_key_value.*").in_order(Origin::Order::groups).biased(),
    tensor(Layer::alibi_slopes).or_computed(slope),
    tensor(Layer::attention_out, "self_attention.dense.*").biased(),
    tensor(Layer::ffn_in_norm, "post_attention_layernorm.*").biased(),
    tensor(Layer::ffn_up, "mlp.dense_h_to_4h.*").biased(),
    tensor(Layer::ffn_down, "mlp.dense_4h_to_h.*").biased(),
};
constexpr Names kNames[] = {{Dialect::huggingface, kPrefixes, "h.#.", kGlobals, kLayers}};
constexpr const char *kHarmless[] = {
    "slow_but_exact", "attention_softmax_in_fp32", "masked_softmax_fusion", "bias_dropout_fusion", "offset_alibi",
    "skip_bias_add",  "skip_bias_add_qkv",         "unk_token_id"};

// With several slices, transformers' exact form leaves out the biases behind them.
void read(Reading &model) {
  model.kind.alibi = format::Alibi::plain;
  if (model.keys.number_or("pretraining_tp", 1) > 1) model.keys.only("slow_but_exact", false);
}

}  // namespace

constexpr Family kBloom = {
    .model_type = "bloom",
    .shape = {.layers = {"n_layer", "num_hidden_layers"},
              .width = {"hidden_size", "n_embed"},
              .heads = {"n_head", "num_attention_heads"},
              .ffn_times = 4,
              .context = "seq_length",
              .usual_context = 2048},
    .norm = format::Norm::layer,
    .epsilon_key = "layer_norm_epsilon",
    .epsilon = 1e-5,
    .activation_key = nullptr,
    .activation = "gelu_new",
    .tied = true,
    .harmless = kHarmless,
    .read = read,
    .names = kNames,
};

}  // namespace tidbit::convert
