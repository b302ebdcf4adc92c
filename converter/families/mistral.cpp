// MistralForCausalLM, MinistralForCausalLM and Ministral3ForCausalLM: Llama with a window.
#include <nlohmann/json.hpp>

#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr auto kLayers = join(kLlamaNorms, kLlamaAttention, kLlamaFfn);
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

void read(Reading &model) { model.kind.window = window_of(model, 4096); }

// Some layers see everything.
void read_ministral(Reading &model) {
  read(model);
  read_layer_types(model, [](std::uint32_t) { return false; });
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  if (is_full(model, layer)) kind.window = 0;
}

// Queries beyond the original context are scaled by their position, which tidbit does not compute: up to there the
// factor is 1.
void read_rotary_of_ministral3(Reading &model) {
  constexpr const char *kScaling = "llama_4_scaling_beta";
  use(add_rotary(model, {.ignored = kScaling}), model.kind);
  const char *name = model.keys.has("rope_scaling") ? "rope_scaling" : "rope_parameters";
  const nlohmann::json *rope = model.keys.object_or_null(name);
  if (rope == nullptr || !rope->contains(kScaling)) return;
  ConfigReader keys(*rope, model.keys.file());
  const std::uint32_t most = keys.count("original_max_position_embeddings", format::kMaxContext);
  if (most >= model.config.max_context) return;
  model.config.max_context = most;
  model.notes.push_back("at most " + std::to_string(most) +
                        " positions: beyond them the family scales queries by position, which is not supported");
}

void read_ministral3(Reading &model) {
  require_rotary_scaling(model);
  model.kind.window = window_of(model, 0);
}

}  // namespace

constexpr Family kMistral = [] {
  Family family = llama_like("mistral", kNames);
  family.read = read;
  return family;
}();
constexpr Family kMinistral = [] {
  Family family = llama_like("ministral", kNames);
  family.read = read_ministral;
  family.read_layer = read_layer;
  return family;
}();
constexpr Family kMinistral3 = [] {
  Family family = llama_like("ministral3", kNames);
  family.epsilon = 1e-5;
  family.read_rotary = read_rotary_of_ministral3;
  family.read = read_ministral3;
  return family;
}();

}  // namespace tidbit::convert
