// FalconForCausalLM: the 7B form (one key-value head, one norm), the new form (groups, two norms) and the RW form
// (ALiBi, sublayers in turn).
#include <algorithm>

#include "base/arith.h"
#include "converter/families/alibi.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr const char *kPrefixes[] = {"transformer.", "", "model."};
constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "word_embeddings.weight"),
    tensor(Global::rotary_frequencies).or_computed(rotary_row),
    tensor(Global::final_norm, "ln_f.*").biased(),
    tensor(Global::head, "/lm_head.weight"),
};

// transformers computes slopes and biases in bfloat16, whatever the weights are.
ComputeRow slope(const Reading &model) {
  std::vector<float> slopes = alibi_slopes(model.kind.heads);
  std::transform(slopes.begin(), slopes.end(), slopes.begin(), rounded_to_bfloat16);
  return [slopes](std::uint32_t head, float *out) { *out = slopes[head]; };
}

constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "input_layernorm.*").biased(),
    tensor(Layer::mixer_in_norm, "ln_attn.*").biased(),
    tensor(Layer::qkv, "self_attention.query_key_value.*").in_order(Origin::Order::groups).biased_if("bias"),
    tensor(Layer::alibi_slopes).or_computed(slope),
    tensor(Layer::attention_out, "self_attention.dense.*").biased_if("bias"),
    tensor(Layer::ffn_in_norm, "post_attention_layernorm.*").biased(),
    tensor(Layer::ffn_in_norm, "ln_mlp.*").biased(),
    tensor(Layer::ffn_up, "mlp.dense_h_to_4h.*").biased_if("bias"),
    tensor(Layer::ffn_down, "mlp.dense_4h_to_h.*").biased_if("bias"),
};
constexpr LeftOut kLeftOut[] = {{"*rotary_emb.inv_freq", nullptr}};
constexpr Names kNames[] = {{Dialect::huggingface, kPrefixes, "h.#.", kGlobals, kLayers, kLeftOut}};

void read_rotary_without_alibi(Reading &model) {
  static constexpr const char *kUnused[] = {"rope_parameters", "rope_scaling", "rope_theta"};
  if (!model.keys.flag_or("alibi", false)) return read_rotary(model);
  model.keys.harmless(kUnused);
}

void read_residual(Reading &model, bool new_form) {
  const bool parallel = model.keys.flag_or("parallel_attn", true) || new_form;
  const std::uint32_t norms = model.keys.count_or("num_ln_in_parallel_attn", 2, new_form ? 2 : 1);
  if (!parallel) return;
  if (norms == 2 && !new_form) model.keys.refuse("num_ln_in_parallel_attn", "is 2 without new_decoder_architecture");
  model.kind.residual = norms == 2 ? format::Residual::parallel_two_norms : format::Residual::parallel_one_norm;
  if (norms == 1) model.kind.ffn_in_norm = format::Norm::none;
}

void read(Reading &model) {
  ConfigReader &keys = model.keys;
  const bool new_form = keys.flag_or("new_decoder_architecture", false);
  const bool one_head = keys.flag_or("multi_query", true) && !new_form;
  const std::uint32_t kv_heads = keys.count_or("num_kv_heads", format::kMaxHeads, model.kind.heads);
  model.kind.kv_heads = one_head ? 1 : new_form ? kv_heads : model.kind.heads;
  if (model.kind.heads % model.kind.kv_heads != 0) keys.refuse("num_kv_heads", "does not divide num_attention_heads");
  if (keys.flag_or("alibi", false)) model.kind.alibi = format::Alibi::rounded;
  read_residual(model, new_form);
}

}  // namespace

constexpr Family kFalcon = {
    .model_type = "falcon",
    .shape = {.layers = {"num_hidden_layers", "n_layer"},
              .width = {"hidden_size", "n_embed"},
              .heads = {"num_attention_heads", "n_head"},
              .ffn = "ffn_hidden_size",
              .ffn_times = 4,
              .usual_context = 2048},
    .norm = format::Norm::layer,
    .epsilon_key = "layer_norm_epsilon",
    .epsilon = 1e-5,
    .activation_key = "activation",
    .activation = "gelu",
    .tied = true,
    .read_rotary = read_rotary_without_alibi,
    .read = read,
    .names = kNames,
};

}  // namespace tidbit::convert
