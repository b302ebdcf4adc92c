// Phi3ForCausalLM (Phi-3, Phi-4-mini): Llama with fused projections, LongRoPE and a window.
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0], tensor(Layer::qkv, "self_attn.qkv_proj.weight"),  kLlamaAttentionOut,
    kLlamaNorms[1], tensor(Layer::ffn_up, "mlp.gate_up_proj.weight"), kLlamaFfn[1],
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

void read(Reading &model) {
  static constexpr const char *kHarmless[] = {"embd_layer", "attention_bias"};
  model.kind.window = window_of(model, 0);
  model.keys.only("attention_bias", false);
  model.keys.harmless(kHarmless);
}

}  // namespace

constexpr Family kPhi3 = [] {
  Family family = llama_like("phi3", kNames);
  family.epsilon = 1e-5;
  family.read = read;
  family.partial_rotary = true;
  family.old_context = 4096;
  return family;
}();

}  // namespace tidbit::convert
