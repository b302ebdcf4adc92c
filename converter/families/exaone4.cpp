// Exaone4ForCausalLM: norms behind the sublayers and of each head's query and key; full layers do not rotate if there
// are others with a window.
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr auto kLayers = join(kLlamaAttention, kNormsBehind, kLlamaFfn, kLlamaQkNorms);
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

void read(Reading &model) {
  model.kind.qk_norm_scope = format::QkNormScope::per_head;
  model.kind.window = window_of(model, 4096);
  const std::uint32_t window = model.kind.window;
  if (model.keys.has("layer_types")) {
    static constexpr const char *kPattern[] = {"sliding_window_pattern"};
    model.keys.harmless(kPattern);
    return read_layer_types(model, [](std::uint32_t) { return true; });
  }
  const std::uint32_t pattern = model.keys.count_or("sliding_window_pattern", format::kMaxLayers, 4);
  read_layer_types(model, [=](std::uint32_t layer) { return window == 0 || (layer + 1) % pattern == 0; });
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  if (kind.window == 0 || !is_full(model, layer)) return;
  kind.window = 0;
  kind.rotary_dim = 0;
}

}  // namespace

constexpr Family kExaone4 = [] {
  Family family = llama_like("exaone4", kNames);
  family.epsilon = 1e-5;
  family.read = read;
  family.read_layer = read_layer;
  return family;
}();

}  // namespace tidbit::convert
