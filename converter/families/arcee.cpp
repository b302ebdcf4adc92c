// ArceeForCausalLM: Llama with a feed-forward of squared ReLU, without a gate.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0],
    kLlamaQkv.biased_if("attention_bias"),
    kLlamaAttentionOut.biased_if("attention_bias"),
    kLlamaNorms[1],
    tensor(Layer::ffn_up, "mlp.up_proj.*").biased_if("mlp_bias"),
    kLlamaFfn[1].biased_if("mlp_bias"),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

}  // namespace

constexpr Family kArcee = [] {
  Family family = llama_like("arcee", kNames);
  family.epsilon = 1e-5;
  family.activation = "relu2";
  family.gated = false;
  return family;
}();

}  // namespace tidbit::convert
