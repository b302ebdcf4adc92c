// SeedOssForCausalLM: Llama with biases of q, k and v.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0],
    kLlamaQkv.biased_unless_false("attention_bias"),
    kLlamaAttentionOut.biased_if("attention_out_bias"),
    kLlamaNorms[1],
    kLlamaFfn[0].biased_if("mlp_bias"),
    kLlamaFfn[1].biased_if("mlp_bias"),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};
constexpr const char *kHarmless[] = {"residual_dropout"};

}  // namespace

constexpr Family kSeedOss = [] {
  Family family = llama_like("seed_oss", kNames);
  family.harmless = kHarmless;
  return family;
}();

}  // namespace tidbit::convert
