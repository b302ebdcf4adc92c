// MixtralForCausalLM: Mistral with experts.
#include "converter/families/experts.h"
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kExperts[] = {
    tensor(Layer::router, "block_sparse_moe.gate.weight"),
    tensor(Layer::router, "mlp.gate.weight"),
    tensor(Layer::expert_up, "block_sparse_moe.experts.@.w1.weight", "block_sparse_moe.experts.@.w3.weight"),
    kFusedExpertRows[0],
    tensor(Layer::expert_down, "block_sparse_moe.experts.@.w2.weight"),
    kFusedExpertRows[1],
};
constexpr auto kLayers = join(kLlamaNorms, kLlamaAttention, std::to_array(kExperts));
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

void read(Reading &model) {
  read_experts(
      model,
      {.count = {"num_local_experts", "num_experts"}, .width = "intermediate_size", .usual_count = 8, .usual_used = 2},
      format::Router::softmax_then_top_k, true);
  model.kind.window = window_of(model, 0);
}

}  // namespace

constexpr Family kMixtral = [] {
  Family family = llama_like("mixtral", kNames);
  family.epsilon = 1e-5;
  family.rotary_theta = 1000000;
  family.read = read;
  return family;
}();

}  // namespace tidbit::convert
