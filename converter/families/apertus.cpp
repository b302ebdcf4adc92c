// ApertusForCausalLM: norms of each head's query and key, xIELU without a gate.
#include <cmath>

#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

// xIELU (Huang and Schlag 2024) stores its factors in front of a softplus.
float softplus(float x) { return x > 20 ? x : static_cast<float>(std::log1p(std::exp(static_cast<double>(x)))); }
float for_negative(float x) { return 0.5f + softplus(x); }

// GGUF has the factors of all layers among its metadata, {} if it has none.
ComputeRow factors(const Reading &model) {
  if (!model.keys.has("xielu_alpha_p")) return {};
  const auto factor = [&](const char *key) {
    const std::vector<double> all = model.keys.numbers(key);
    if (all.size() != model.layers) model.keys.refuse(key, "does not have a number for each layer");
    return static_cast<float>(all[model.layer]);
  };
  const float positive = softplus(factor("xielu_alpha_p")), negative = for_negative(factor("xielu_alpha_n"));
  return [=](std::uint32_t row, float *out) { *out = row == 0 ? positive : negative; };
}

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "attention_layernorm.weight"),
    kLlamaQkv.biased_if("attention_bias"),
    kLlamaQkNorms[0],
    kLlamaQkNorms[1],
    kLlamaAttentionOut.biased_if("attention_bias"),
    tensor(Layer::ffn_in_norm, "feedforward_layernorm.weight"),
    tensor(Layer::ffn_up, "mlp.up_proj.*").biased_if("mlp_bias"),
    kLlamaFfn[1].biased_if("mlp_bias"),
    tensor(Layer::activation_parameters, "mlp.act_fn.alpha_p", "mlp.act_fn.alpha_n")
        .mapped(softplus, for_negative)
        .or_computed(factors),
};
constexpr LeftOut kConstants[] = {
    {"*rotary_emb.inv_freq", nullptr}, {"*.mlp.act_fn.beta", nullptr}, {"*.mlp.act_fn.eps", nullptr}};
constexpr Names kNames[] = {{Dialect::huggingface, kLlamaPrefixes, "layers.#.", kGlobals, kLayers, kConstants}};
constexpr NamedActivation kNamedActivations[] = {{"xielu", format::Activation::xielu}};

void read(Reading &model) {
  static constexpr const char *kHarmless[] = {"post_norm", "qk_norm", "xielu_alpha_p", "xielu_alpha_n"};
  require_rotary_scaling(model);
  model.kind.qk_norm_scope = format::QkNormScope::per_head;
  model.keys.only("post_norm", false);
  model.keys.only("qk_norm", true);
  model.keys.harmless(kHarmless);
}

}  // namespace

constexpr Family kApertus = [] {
  Family family = llama_like("apertus", kNames);
  family.epsilon = 1e-5;
  family.activation = "xielu";
  family.activations = kNamedActivations;
  family.gated = false;
  family.rotary_theta = 12000000;
  family.read = read;
  return family;
}();

}  // namespace tidbit::convert
