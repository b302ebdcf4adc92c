// SmolLM3ForCausalLM: Llama in which every fourth layer does not rotate. Those layers may have a window.
#include "converter/families/layer_types.h"
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

// no_rope_layers has a 1 for each layer that rotates.
std::vector<bool> rotating_layers(Reading &model) {
  const std::vector<std::int64_t> given = model.keys.ids("no_rope_layers");
  const std::uint32_t interval = model.keys.count_or("no_rope_layer_interval", format::kMaxLayers, 4);
  std::vector<bool> rotates(model.layers);
  for (std::uint32_t i = 0; i < model.layers; ++i) rotates[i] = (i + 1) % interval != 0;
  if (given.empty()) return rotates;
  if (given.size() != model.layers) model.keys.refuse("no_rope_layers", "does not have an entry for each layer");
  for (std::uint32_t i = 0; i < model.layers; ++i) rotates[i] = given[i] != 0;
  return rotates;
}

void read(Reading &model) {
  const bool windows = model.keys.flag_or("use_sliding_window", false);
  const std::uint32_t window = window_of(model, 0);
  const std::vector<bool> rotates = rotating_layers(model);
  read_layer_types(model, [&](std::uint32_t layer) { return !windows || window == 0 || rotates[layer]; });
  model.kind.window = windows ? window : 0;
  if (!windows) refuse_windows(model);
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  if (is_full(model, layer)) kind.window = 0;
  if (!rotating_layers(model)[layer]) kind.rotary_dim = 0;
}

}  // namespace

constexpr Family kSmolLm3 = [] {
  Family family = llama_like("smollm3", kNames);
  family.tied = true;
  family.rotary_theta = 2000000;
  family.read = read;
  family.read_layer = read_layer;
  return family;
}();

}  // namespace tidbit::convert
