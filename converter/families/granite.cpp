// GraniteForCausalLM: Llama with multipliers of the embedding, the scores, the residual sums and the logits.
#include "converter/families/granite.h"

#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0], kLlamaQkv.biased_if("attention_bias"), kLlamaAttentionOut.biased_if("attention_bias"),
    kLlamaNorms[1], kLlamaFfn[0].biased_if("mlp_bias"),    kLlamaFfn[1].biased_if("mlp_bias"),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

}  // namespace

void read_granite_multipliers(Reading &model) {
  const auto number = [&](const char *key) { return static_cast<float>(model.keys.number_or(key, 1)); };
  model.config.embedding_scale = number("embedding_multiplier");
  model.kind.attention_scale = number("attention_multiplier");
  model.kind.residual_scale = number("residual_multiplier");
  const float scaling = number("logits_scaling");
  if (!(scaling > 0)) model.keys.refuse("logits_scaling", "is not above 0");
  if (model.kind.residual_scale < 0) model.keys.refuse("residual_multiplier", "is negative");
  model.config.logit_scale = 1 / scaling;
}

constexpr Family kGranite = [] {
  Family family = llama_like("granite", kNames);
  family.read = read_granite_multipliers;
  return family;
}();

}  // namespace tidbit::convert
