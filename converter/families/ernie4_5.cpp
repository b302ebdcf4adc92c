// Ernie4_5ForCausalLM: Llama whose heads rotate adjacent channels.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0], kLlamaQkv.biased_if("use_bias"),    kLlamaAttentionOut.biased_if("use_bias"),
    kLlamaNorms[1], kLlamaFfn[0].biased_if("use_bias"), kLlamaFfn[1].biased_if("use_bias"),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

}  // namespace

constexpr Family kErnie4_5 = [] {
  Family family = llama_like("ernie4_5", kNames);
  family.epsilon = 1e-5;
  family.tied = true;
  family.rotary_theta = 500000;
  family.pairs_adjacent = true;
  return family;
}();

}  // namespace tidbit::convert
