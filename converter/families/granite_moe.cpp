// GraniteMoeForCausalLM and GraniteMoeHybridForCausalLM (Granite 4): Granite with experts, a shared feed-forward, or
// both. Layers of Mamba are not supported.
#include "converter/error.h"
#include "converter/families/experts.h"
#include "converter/families/granite.h"
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr std::array kAttention = {kLlamaQkv.biased_if("attention_bias"),
                                   kLlamaAttentionOut.biased_if("attention_bias")};
constexpr std::array kExperts = {
    tensor(Layer::router, "block_sparse_moe.router.layer.weight"),
    tensor(Layer::expert_up, "block_sparse_moe.input_linear.weight"),
    tensor(Layer::expert_down, "block_sparse_moe.output_linear.weight"),
};
constexpr auto kMoeLayers = join(kLlamaNorms, kAttention, kExperts);
constexpr auto kHybridLayers = join(kLlamaNorms, kAttention, kExperts,
                                    std::array{tensor(Layer::ffn_up, "shared_mlp.input_linear.weight"),
                                               tensor(Layer::ffn_down, "shared_mlp.output_linear.weight")});
constexpr Names kMoeNames[] = {llama_names(kGlobals, kMoeLayers)};
constexpr Names kHybridNames[] = {llama_names(kGlobals, kHybridLayers)};
constexpr ExpertKeys kKeys = {
    .count = {"num_local_experts", nullptr}, .width = "intermediate_size", .usual_count = 8, .usual_used = 2};

void read_moe(Reading &model) {
  read_granite_multipliers(model);
  read_experts(model, kKeys, format::Router::top_k_then_softmax, false);
}

// Of layers that a dense model does not have.
constexpr const char *kHarmless[] = {"mamba_n_heads",
                                     "mamba_n_groups",
                                     "mamba_d_state",
                                     "mamba_d_head",
                                     "mamba_d_conv",
                                     "mamba_expand",
                                     "mamba_chunk_size",
                                     "mamba_conv_bias",
                                     "mamba_proj_bias",
                                     "time_step_limit",
                                     "time_step_min",
                                     "time_step_max",
                                     "time_step_floor",
                                     "rope_parameters",
                                     "rope_scaling",
                                     "rope_theta",
                                     "normalization_function",
                                     "init_method",
                                     "num_local_experts",
                                     "num_experts_per_tok",
                                     "output_router_logits",
                                     "router_aux_loss_coef",
                                     "shared_intermediate_size"};

void read_hybrid(Reading &model) {
  read_granite_multipliers(model);
  if (model.keys.number_or("num_local_experts", 8) > 0) {
    read_experts(model, kKeys, format::Router::top_k_then_softmax, false);
    model.kind.shared_experts = 1;
  }
  model.kind.ffn_width = model.keys.count_or("shared_intermediate_size", format::kMaxFfn, 1024);
  for (const char *key : {"layer_types", "layers_block_type"}) {
    for (const std::string &type : model.keys.texts(key)) {
      if (type == "attention" || type == kFullAttention) continue;
      model.keys.refuse(key, "has " + in_quotes(type) + ", which is not supported");
    }
  }
}

// Without the key, there are no rotary positions.
void read_hybrid_rotary(Reading &model) {
  const std::string type = model.keys.text_or("position_embedding_type", "nope");
  if (type == "rope") return read_rotary(model);
  if (type != "nope")
    model.keys.refuse("position_embedding_type", "is " + in_quotes(type) + ", which is not supported");
}

}  // namespace

constexpr Family kGraniteMoe = [] {
  Family family = llama_like("granitemoe", kMoeNames);
  family.read = read_moe;
  return family;
}();
constexpr Family kGraniteMoeHybrid = [] {
  Family family = llama_like("granitemoehybrid", kHybridNames);
  family.name = "granite_hybrid";
  family.harmless = kHarmless;
  family.read_rotary = read_hybrid_rotary;
  family.read = read_hybrid;
  return family;
}();

}  // namespace tidbit::convert
