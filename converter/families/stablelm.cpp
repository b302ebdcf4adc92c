// StableLmForCausalLM: LayerNorm, partial rotation; sublayers in turn or side by side, perhaps norms of each head's
// query and key with weights of their own.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals(tensor(Global::final_norm, "norm.*").biased());
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "input_layernorm.*").biased(),
    kLlamaQkv.biased_if("use_qkv_bias"),
    tensor(Layer::q_norm, "self_attn.q_layernorm.norms.@.weight"),
    tensor(Layer::k_norm, "self_attn.k_layernorm.norms.@.weight"),
    kLlamaAttentionOut,
    tensor(Layer::ffn_in_norm, "post_attention_layernorm.*").biased(),
    kLlamaFfn[0],
    kLlamaFfn[1],
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

void read(Reading &model) {
  if (model.keys.flag_or("qk_layernorm", false)) {
    model.kind.qk_norm_scope = format::QkNormScope::own_weights;
  } else {
    model.kind.qk_norm = format::Norm::none;
  }
  if (!model.keys.flag_or("use_parallel_residual", false)) return;
  model.kind.residual = format::Residual::parallel_one_norm;
  model.kind.ffn_in_norm = format::Norm::none;
}

}  // namespace

constexpr Family kStableLm = [] {
  Family family = llama_like("stablelm", kNames);
  family.norm = format::Norm::layer;
  family.epsilon_key = "layer_norm_eps";
  family.epsilon = 1e-5;
  family.rotary_share = 0.25;
  family.read = read;
  family.partial_rotary = true;
  return family;
}();

}  // namespace tidbit::convert
