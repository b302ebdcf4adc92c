// PhiForCausalLM (Phi 1, 1.5 and 2): attention and feed-forward side by side behind one LayerNorm, partial rotation.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "embed_tokens.weight"),
    tensor(Global::rotary_frequencies).or_computed(rotary_row),
    tensor(Global::final_norm, "final_layernorm.*").biased(),
    tensor(Global::head, "/lm_head.*").biased(),
};
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "input_layernorm.*").biased(),
    kLlamaQkv.biased(),
    tensor(Layer::q_norm, "self_attn.q_layernorm.*").biased(),
    tensor(Layer::k_norm, "self_attn.k_layernorm.*").biased(),
    tensor(Layer::attention_out, "self_attn.dense.*").biased(),
    tensor(Layer::ffn_up, "mlp.fc1.*").biased(),
    tensor(Layer::ffn_down, "mlp.fc2.*").biased(),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

void read(Reading &model) {
  model.kind.residual = format::Residual::parallel_one_norm;
  if (model.keys.flag_or("qk_layernorm", false)) {
    model.kind.qk_norm_scope = format::QkNormScope::per_head;
  } else {
    model.kind.qk_norm = format::Norm::none;
  }
}

}  // namespace

constexpr Family kPhi = [] {
  Family family = llama_like("phi", kNames);
  family.norm = format::Norm::layer;
  family.epsilon_key = "layer_norm_eps";
  family.epsilon = 1e-5;
  family.activation = "gelu_new";
  family.gated = false;
  family.rotary_share = 0.5;
  family.read = read;
  family.partial_rotary = true;
  return family;
}();

}  // namespace tidbit::convert
