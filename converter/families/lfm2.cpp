// Lfm2ForCausalLM: layers of short convolutions between layers of attention.
#include <algorithm>

#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals(tensor(Global::final_norm, "embedding_norm.weight"));
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "operator_norm.weight"),
    tensor(Layer::ffn_in_norm, "ffn_norm.weight"),
    kLlamaQkv,
    tensor(Layer::q_norm, "self_attn.q_layernorm.weight"),
    tensor(Layer::k_norm, "self_attn.k_layernorm.weight"),
    tensor(Layer::attention_out, "self_attn.out_proj.weight"),
    tensor(Layer::conv_in, "conv.in_proj.*").biased_if("conv_bias"),
    tensor(Layer::conv_taps, "conv.conv.*").biased_if("conv_bias"),
    tensor(Layer::conv_out, "conv.out_proj.*").biased_if("conv_bias"),
    tensor(Layer::ffn_up, "feed_forward.w1.weight", "feed_forward.w3.weight"),
    tensor(Layer::ffn_down, "feed_forward.w2.weight"),
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};
constexpr const char *kConvolution = "conv";
// Of training, or always as the family has it.
constexpr const char *kHarmless[] = {"block_dim",
                                     "block_mlp_init_scale",
                                     "block_out_init_scale",
                                     "block_norm_eps",
                                     "block_use_swiglu",
                                     "block_use_xavier_init",
                                     "conv_dim",
                                     "conv_dim_out",
                                     "conv_use_xavier_init",
                                     "num_heads",
                                     "theta",
                                     "use_pos_enc"};

// block_ff_dim is the older name, and counts if both are there.
void read_ffn_width(Reading &model) {
  static constexpr const char *kOfTransformers[] = {"intermediate_size"};
  ConfigReader &keys = model.keys;
  std::uint64_t width = keys.count(keys.has("block_ff_dim") ? "block_ff_dim" : "intermediate_size", format::kMaxFfn);
  keys.harmless(kOfTransformers);
  const bool adjusts = keys.flag_or("block_auto_adjust_ff_dim", true);
  const double times = keys.number_or("block_ffn_dim_multiplier", keys.contains("block_ffn_dim_multiplier") ? 0 : 1);
  const std::uint64_t multiple = keys.count_or("block_multiple_of", format::kMaxFfn, 256);
  if (adjusts) width = 2 * width / 3;
  if (adjusts && times != 0) {
    const double scaled = times * static_cast<double>(width);
    if (!(scaled >= 1 && scaled <= format::kMaxFfn)) keys.refuse("block_ffn_dim_multiplier", "gives no usable width");
    width = (static_cast<std::uint64_t>(scaled) + multiple - 1) / multiple * multiple;
  }
  if (width < 1 || width > format::kMaxFfn) keys.refuse("block_ff_dim", "gives a feed-forward of unusable width");
  model.kind.ffn_width = static_cast<std::uint32_t>(width);
}

void read(Reading &model) {
  static constexpr const char *kTypes[] = {kConvolution, kFullAttention};
  ConfigReader &keys = model.keys;
  model.kind.qk_norm_scope = format::QkNormScope::per_head;
  model.config.tied = keys.flag_or("tie_embedding", model.config.tied != 0) ? 1 : 0;
  // Only transformers 4 reads "theta".
  if (!keys.has("rope_parameters")) keys.only("theta", keys.number_or("rope_theta", model.rotary_theta));
  read_ffn_width(model);
  const std::vector<std::int64_t> full = keys.ids("full_attn_idxs");
  const auto is_convolution = [&](std::uint32_t layer) {
    return !full.empty() && std::find(full.begin(), full.end(), layer) == full.end();
  };
  if (!keys.has("layer_types")) {
    for (std::uint32_t i = 0; i < model.layers; ++i) {
      model.layer_types.emplace_back(is_convolution(i) ? kConvolution : kFullAttention);
    }
    return;
  }
  read_layer_types(
      model, [](std::uint32_t) { return true; }, kTypes);
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  const std::uint32_t taps = model.keys.count_or("conv_L_cache", format::kMaxTaps, 3);
  if (model.layer_types[layer] != kConvolution) return;
  kind.mixer = format::Mixer::short_convolution;
  kind.taps = taps;
  kind.rotary_dim = 0;
  kind.qk_norm = format::Norm::none;
  kind.qk_norm_scope = format::QkNormScope::none;
}

}  // namespace

constexpr Family kLfm2 = [] {
  Family family = llama_like("lfm2", kNames);
  family.shape.ffn = {};
  family.epsilon_key = "norm_eps";
  family.epsilon = 1e-5;
  family.activation_key = nullptr;
  family.tied = true;
  family.rotary_theta = 1000000;
  family.harmless = kHarmless;
  family.read = read;
  family.read_layer = read_layer;
  return family;
}();

}  // namespace tidbit::convert
