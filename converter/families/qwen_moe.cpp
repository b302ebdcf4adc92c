// Qwen2MoeForCausalLM (with a shared expert behind a gate) and Qwen3MoeForCausalLM: Qwen with experts in some layers.
#include "converter/families/experts.h"
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr auto kQwen2Layers =
    join(kLlamaNorms, std::array{kLlamaQkv.biased_unless_false("qkv_bias"), kLlamaAttentionOut}, kExpertRows,
         std::array{
             tensor(Layer::ffn_up, "mlp.shared_expert.gate_proj.weight", "mlp.shared_expert.up_proj.weight"),
             kLlamaFfn[0],
             tensor(Layer::ffn_down, "mlp.shared_expert.down_proj.weight"),
             kLlamaFfn[1],
             tensor(Layer::shared_gate, "mlp.shared_expert_gate.weight"),
         });
constexpr auto kQwen3Layers =
    join(kLlamaNorms, std::array{kLlamaQkv.biased_if("attention_bias"), kLlamaAttentionOut.biased_if("attention_bias")},
         kLlamaQkNorms, kExpertRows, kLlamaFfn);
constexpr Names kQwen2Names[] = {llama_names(kGlobals, kQwen2Layers)};
constexpr Names kQwen3Names[] = {llama_names(kGlobals, kQwen3Layers)};

void read_common(Reading &model, const ExpertKeys &experts) {
  read_experts(model, experts, format::Router::softmax_then_top_k, model.keys.flag_or("norm_topk_prob", false));
  const bool used = model.keys.flag_or("use_sliding_window", false);
  const double window = model.keys.number_or("sliding_window", 4096);
  if (used && !(window >= 1 && window <= format::kMaxContext)) model.keys.refuse("sliding_window", "is out of range");
  model.kind.window = used ? static_cast<std::uint32_t>(window) : 0;
}

// The other way round than in the dense Qwen2: the window is for layers below max_window_layers, and every other one.
void read_qwen2(Reading &model) {
  read_common(model, {.usual_count = 60, .usual_used = 4});
  model.kind.shared_experts = 1;
  const double end = model.keys.number_or("max_window_layers", 28);
  const bool has_window = model.kind.window != 0;
  read_layer_types(model, [&](std::uint32_t layer) { return !has_window || layer % 2 != 0 || layer >= end; });
  if (!has_window) refuse_windows(model);
}

// If there is a window, all layers have it.
void read_qwen3(Reading &model) {
  static constexpr const char *kUnused[] = {"layer_types", "max_window_layers"};
  read_common(model, {.usual_count = 128, .usual_used = 8});
  model.kind.qk_norm_scope = format::QkNormScope::per_head;
  model.keys.harmless(kUnused);
  model.layer_types.assign(model.layers, kSlidingAttention);
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  const std::uint32_t shared = model.keys.count_or("shared_expert_intermediate_size", format::kMaxFfn, kind.ffn_width);
  if (is_full(model, layer)) kind.window = 0;
  if (!layers_with_experts(model)[layer]) return leave_experts_out(kind);
  if (kind.shared_experts != 0) kind.ffn_width = shared;
}

constexpr Family qwen(const char *model_type, std::span<const Names> names, void (*read)(Reading &)) {
  Family family = llama_like(model_type, names);
  family.read = read;
  family.read_layer = read_layer;
  return family;
}

}  // namespace

constexpr Family kQwen2Moe = qwen("qwen2_moe", kQwen2Names, read_qwen2);
constexpr Family kQwen3Moe = qwen("qwen3_moe", kQwen3Names, read_qwen3);

}  // namespace tidbit::convert
