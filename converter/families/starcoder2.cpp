// Starcoder2ForCausalLM: Llama with LayerNorm, biases, a feed-forward without a gate, and a window.
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals(tensor(Global::final_norm, "norm.*").biased());
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "input_layernorm.*").biased(),
    kLlamaQkv.biased_unless_false("use_bias"),
    kLlamaAttentionOut.biased_unless_false("use_bias"),
    tensor(Layer::ffn_in_norm, "post_attention_layernorm.*").biased(),
    tensor(Layer::ffn_up, "mlp.c_fc.*").biased_unless_false("use_bias"),
    tensor(Layer::ffn_down, "mlp.c_proj.*").biased_unless_false("use_bias"),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

void read(Reading &model) {
  static constexpr const char *kHarmless[] = {"mlp_type", "norm_type"};
  model.kind.window = window_of(model, 0);
  model.keys.only("mlp_type", "default");
  model.keys.only("norm_type", "layer_norm");
  model.keys.harmless(kHarmless);
}

}  // namespace

constexpr Family kStarcoder2 = [] {
  Family family = llama_like("starcoder2", kNames);
  family.norm = format::Norm::layer;
  family.epsilon_key = "norm_epsilon";
  family.epsilon = 1e-5;
  family.activation = "gelu_pytorch_tanh";
  family.gated = false;
  family.tied = true;
  family.read = read;
  return family;
}();

}  // namespace tidbit::convert
