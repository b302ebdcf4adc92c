// BitNetForCausalLM: norms in front of the output projections, squared ReLU with a gate. The weights are as stored;
// what the quantized layers do to activations is not part of the model.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0],
    kLlamaQkv.biased_if("attention_bias"),
    tensor(Layer::mixed_norm, "self_attn.attn_sub_norm.weight"),
    kLlamaAttentionOut.biased_if("attention_bias"),
    kLlamaNorms[1],
    kLlamaFfn[0],
    tensor(Layer::inner_norm, "mlp.ffn_sub_norm.weight"),
    kLlamaFfn[1],
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

}  // namespace

constexpr Family kBitNet = [] {
  Family family = llama_like("bitnet", kNames);
  family.epsilon = 1e-5;
  family.activation = "relu2";
  family.rotary_theta = 500000;
  return family;
}();

}  // namespace tidbit::convert
