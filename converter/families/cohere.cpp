// CohereForCausalLM and Cohere2ForCausalLM: attention and feed-forward side by side behind one LayerNorm without bias,
// rotation of adjacent channels, scaled logits. In Cohere 2, only layers with a window rotate.
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0],   kLlamaQkv.biased_if("attention_bias"),          kLlamaQkNorms[0],
    kLlamaQkNorms[1], kLlamaAttentionOut.biased_if("attention_bias"), kLlamaFfn[0],
    kLlamaFfn[1],
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

void read_common(Reading &model) {
  model.config.logit_scale = static_cast<float>(model.keys.number_or("logit_scale", 0.0625));
  model.kind.residual = format::Residual::parallel_one_norm;
}

void read1(Reading &model) {
  read_common(model);
  if (model.keys.flag_or("use_qk_norm", false)) {
    model.kind.qk_norm_scope = format::QkNormScope::own_weights;
  } else {
    model.kind.qk_norm = format::Norm::none;
  }
}

void read2(Reading &model) {
  static constexpr const char *kHarmless[] = {
      "order_of_interleaved_layers", "rotary_pct",         "position_embedding_type", "use_embedding_sharing",
      "use_gated_activation",        "use_parallel_block", "use_parallel_embedding"};
  read_common(model);
  model.kind.qk_norm = format::Norm::none;
  const std::uint32_t pattern = model.keys.count_or("sliding_window_pattern", format::kMaxLayers, 4);
  read_layer_types(model, [=](std::uint32_t layer) { return (layer + 1) % pattern == 0; });
  model.kind.window = window_of(model, 4096);
  model.keys.only("rotary_pct", 1.0);
  model.keys.only("position_embedding_type", "rope_gptj");
  model.keys.harmless(kHarmless);
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  if (kind.window != 0 && !is_full(model, layer)) return;
  kind.window = 0;
  kind.rotary_dim = 0;
}

constexpr Family cohere(const char *model_type, void (*read)(Reading &)) {
  Family family = llama_like(model_type, kNames);
  family.norm = format::Norm::layer;
  family.epsilon_key = "layer_norm_eps";
  family.epsilon = 1e-5;
  family.tied = true;
  family.pairs_adjacent = true;
  family.read = read;
  return family;
}

}  // namespace

constexpr Family kCohere = [] {
  Family family = cohere("cohere", read1);
  family.rotary_theta = 500000;
  return family;
}();
constexpr Family kCohere2 = [] {
  Family family = cohere("cohere2", read2);
  family.read_layer = read_layer;
  return family;
}();

}  // namespace tidbit::convert
