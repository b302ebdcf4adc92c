// GptOssForCausalLM: experts with limited gates, a sink per head, a window in every other layer, biases.
#include "converter/families/experts.h"
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();

ComputeRow gate_parameters(const Reading &model) {
  const float factor = static_cast<float>(model.keys.number_or("swiglu_alpha", 1.702));
  const float limit = static_cast<float>(model.keys.number_or("swiglu_limit", 7));
  return [=](std::uint32_t row, float *out) { *out = row == 0 ? factor : limit; };
}

constexpr LayerRow kLayers[] = {
    kLlamaNorms[0],
    kLlamaQkv.biased_unless_false("attention_bias"),
    tensor(Layer::sinks, "self_attn.sinks"),
    kLlamaAttentionOut.biased_unless_false("attention_bias"),
    kLlamaNorms[1],
    tensor(Layer::activation_parameters).or_computed(gate_parameters),
    tensor(Layer::router, "mlp.router.*").biased(),
    kFusedExpertRows[0].transposed().in_order(Origin::Order::interleaved),
    tensor(Layer::expert_up_bias, "mlp.experts.gate_up_proj_bias").in_order(Origin::Order::interleaved),
    kFusedExpertRows[1].transposed(),
    tensor(Layer::expert_down_bias, "mlp.experts.down_proj_bias"),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};
constexpr const char *kHarmless[] = {"initial_context_length", "experts_per_token", "swiglu_limit", "swiglu_alpha"};

void read(Reading &model) {
  const double limit = model.keys.number_or("swiglu_limit", 7);
  if (!(limit > 0)) model.keys.refuse("swiglu_limit", "is not above 0");
  read_experts(model,
               {.count = {"num_local_experts", "num_experts"},
                .width = "intermediate_size",
                .usual_count = 128,
                .usual_used = 4},
               format::Router::top_k_then_softmax, false);
  model.kind.activation = format::Activation::clamped_silu;
  require_rotary_scaling(model);
  model.kind.sinks = 1;
  model.kind.window = window_of(model, 128);
  read_layer_types(model, [](std::uint32_t layer) { return layer % 2 != 0; });
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  if (is_full(model, layer)) kind.window = 0;
}

}  // namespace

constexpr Family kGptOss = [] {
  Family family = llama_like("gpt_oss", kNames);
  family.epsilon = 1e-5;
  family.harmless = kHarmless;
  family.rotary_theta = 150000;
  family.read = read;
  family.read_layer = read_layer;
  return family;
}();

}  // namespace tidbit::convert
