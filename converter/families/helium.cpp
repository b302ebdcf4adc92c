// HeliumForCausalLM: Llama whose heads rotate adjacent channels.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0], kLlamaQkv.biased_if("attention_bias"), kLlamaAttentionOut,
    kLlamaNorms[1], kLlamaFfn[0].biased_if("mlp_bias"),    kLlamaFfn[1].biased_if("mlp_bias"),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

}  // namespace

constexpr Family kHelium = [] {
  Family family = llama_like("helium", kNames);
  family.epsilon = 1e-8;
  family.rotary_theta = 100000;
  family.pairs_adjacent = true;
  return family;
}();

}  // namespace tidbit::convert
