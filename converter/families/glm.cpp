// GlmForCausalLM and Glm4ForCausalLM: half of each head rotates, by adjacent channels; gate and up are fused. GLM-4 has
// four norms a layer.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kGlmLayers[] = {
    kLlamaNorms[0], kLlamaQkv.biased_unless_false("attention_bias"),  kLlamaAttentionOut,
    kLlamaNorms[1], tensor(Layer::ffn_up, "mlp.gate_up_proj.weight"), kLlamaFfn[1],
};
constexpr auto kGlm4Layers =
    join(std::to_array(kGlmLayers), std::array{tensor(Layer::mixer_out_norm, "post_self_attn_layernorm.weight"),
                                               tensor(Layer::ffn_out_norm, "post_mlp_layernorm.weight")});
constexpr Names kGlmNames[] = {llama_names(kGlobals, kGlmLayers)};
constexpr Names kGlm4Names[] = {llama_names(kGlobals, kGlm4Layers)};

constexpr Family glm(const char *model_type, std::span<const Names> names) {
  Family family = llama_like(model_type, names);
  family.epsilon = 1.5625e-7;
  family.rotary_share = 0.5;
  family.pairs_adjacent = true;
  family.partial_rotary = true;
  return family;
}

}  // namespace

constexpr Family kGlm = glm("glm", kGlmNames);
constexpr Family kGlm4 = glm("glm4", kGlm4Names);

}  // namespace tidbit::convert
