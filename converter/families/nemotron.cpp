// NemotronForCausalLM: LayerNorm with weights stored minus 1, partial rotation, squared ReLU without a gate.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals(tensor(Global::final_norm, "norm.*").plus_one().biased());
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "input_layernorm.*").plus_one().biased(),
    kLlamaQkv.biased_if("attention_bias"),
    kLlamaAttentionOut.biased_if("attention_bias"),
    tensor(Layer::ffn_in_norm, "post_attention_layernorm.*").plus_one().biased(),
    tensor(Layer::ffn_up, "mlp.up_proj.*").biased_if("mlp_bias"),
    kLlamaFfn[1].biased_if("mlp_bias"),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

}  // namespace

constexpr Family kNemotron = [] {
  Family family = llama_like("nemotron", kNames);
  family.norm = format::Norm::layer;
  family.epsilon_key = "norm_eps";
  family.epsilon = 1e-5;
  family.activation = "relu2";
  family.gated = false;
  family.rotary_share = 0.5;
  family.partial_rotary = true;
  return family;
}();

}  // namespace tidbit::convert
