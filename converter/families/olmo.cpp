// OlmoForCausalLM: Llama with weightless LayerNorm and clipped q, k and v. Olmo2ForCausalLM and Olmo3ForCausalLM: norms
// behind the sublayers and of whole queries and keys; OLMo 3 has a window in three of four layers.
#include "converter/checkpoint/checkpoint.h"
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr std::array kAttention = {kLlamaQkv.biased_if("attention_bias"),
                                   kLlamaAttentionOut.biased_if("attention_bias")};
constexpr auto kLayers1 = join(kLlamaNorms, kAttention, kLlamaFfn);
constexpr auto kLayers2 = join(kAttention, kNormsBehind, kLlamaFfn, kLlamaQkNorms);
constexpr Names kNames1[] = {llama_names(kGlobals, kLayers1)};
constexpr Names kNames2[] = {llama_names(kGlobals, kLayers2)};

void read1(Reading &model) {
  const double clip = model.keys.number_or("clip_qkv", 0);
  if (model.keys.has("clip_qkv") && !(clip > 0)) model.keys.refuse("clip_qkv", "is not above 0");
  model.kind.qkv_clip = static_cast<float>(clip);
}

void read2(Reading &model) { model.kind.qk_norm_scope = format::QkNormScope::whole; }

void read3(Reading &model) {
  read2(model);
  read_layer_types(model, [](std::uint32_t layer) { return (layer + 1) % 4 == 0; });
  model.kind.window = window_of(model, 4096);
}

constexpr double kTheta3 = 500000;

// Scaling is for full layers only. Table 0 is that of sliding layers. A rope_theta beside rope_scaling is for all
// layers in transformers 4; in 5 it is for full ones, and the sliding ones have the usual number.
void read_rotary3(Reading &model) {
  const bool by_type = model.keys.has("rope_parameters");
  const double theta = model.keys.number_or("rope_theta", kTheta3);
  if (!by_type && theta != kTheta3 && model.checkpoint->dialect == Dialect::huggingface) {
    model.keys.refuse("rope_theta",
                      "means different things to transformers 4 and 5 in this family; give "
                      "rope_parameters with full_attention and sliding_attention instead");
  }
  add_sliding_rotary(model, by_type ? kTheta3 : theta);
  use(add_rotary(model, {.layer_type = kFullAttention}), model.kind);
}

void read_layer3(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  if (is_full(model, layer)) {
    kind.window = 0;
  } else {
    kind.rotary_table = 0;
  }
}

}  // namespace

constexpr Family kOlmo = [] {
  Family family = llama_like("olmo", kNames1);
  family.norm = format::Norm::layer_weightless;
  family.epsilon_key = nullptr;
  family.epsilon = 1e-5;
  family.read = read1;
  return family;
}();
constexpr Family kOlmo2 = [] {
  Family family = llama_like("olmo2", kNames2);
  family.epsilon = 1e-5;
  family.read = read2;
  return family;
}();
constexpr Family kOlmo3 = [] {
  Family family = llama_like("olmo3", kNames2);
  family.epsilon = 1e-5;
  family.rotary_theta = kTheta3;
  family.read_rotary = read_rotary3;
  family.read = read3;
  family.read_layer = read_layer3;
  return family;
}();

}  // namespace tidbit::convert
