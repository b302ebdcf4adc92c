// GPTNeoForCausalLM: GPT-2 with a window in some layers and scores that are not scaled.
#include <nlohmann/json.hpp>

#include "converter/checkpoint/checkpoint.h"
#include "converter/error.h"
#include "converter/families/gpt_layers.h"
#include "converter/families/layer_types.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "wte.weight"),
    tensor(Global::position_embedding, "wpe.weight"),
    tensor(Global::final_norm, "ln_f.*").biased(),
    tensor(Global::head, "/lm_head.weight"),
};
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "ln_1.*").biased(),
    tensor(Layer::qkv, "attn.attention.q_proj.weight", "attn.attention.k_proj.weight", "attn.attention.v_proj.weight"),
    tensor(Layer::attention_out, "attn.attention.out_proj.*").biased(),
    tensor(Layer::ffn_in_norm, "ln_2.*").biased(),
    tensor(Layer::ffn_up, "mlp.c_fc.*").biased(),
    tensor(Layer::ffn_down, "mlp.c_proj.*").biased(),
};
constexpr LeftOut kMasks[] = {{"*.attn.attention.bias", nullptr}, {"*.attn.attention.masked_bias", nullptr}};
constexpr Names kNames[] = {{Dialect::huggingface, kGptPrefixes, "h.#.", kGlobals, kLayers, kMasks}};
constexpr const char *kHarmless[] = {"attention_types"};

// attention_types is a list of [pattern, repetitions], where a pattern is a list of "global" and "local".
std::vector<std::string> repeated_types(Reading &model) {
  const auto found = model.checkpoint->config.find("attention_types");
  std::vector<std::string> types;
  const auto sound = [](const nlohmann::json &item) {
    return item.is_array() && item.size() == 2 && item[0].is_array() && !item[0].empty() &&
           item[1].is_number_unsigned();
  };
  if (found == model.checkpoint->config.end() || found->is_null()) {
    for (std::uint32_t i = 0; i < model.layers; ++i) types.emplace_back(i % 2 == 0 ? "global" : "local");
    return types;
  }
  for (const nlohmann::json &item : *found) {
    if (!sound(item)) model.keys.refuse("attention_types", "is not a list of patterns with a number");
    for (std::uint64_t n = item[1].get<std::uint64_t>(); n > 0 && types.size() <= model.layers; --n) {
      for (const nlohmann::json &type : item[0]) types.push_back(type.is_string() ? type.get<std::string>() : "");
    }
  }
  return types;
}

void read(Reading &model) {
  std::vector<std::string> types = model.keys.texts("attention_layers");
  if (types.empty()) types = repeated_types(model);
  if (types.size() != model.layers) model.keys.refuse("attention_types", "does not give a type for each layer");
  for (const std::string &type : types) {
    if (type != "global" && type != "local") model.keys.refuse("attention_types", "has " + in_quotes(type));
    model.layer_types.emplace_back(type == "global" ? kFullAttention : kSlidingAttention);
  }
  model.kind.attention_scale = 1;
  model.kind.window = window_of(model, 256, "window_size");
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  if (is_full(model, layer)) kind.window = 0;
}

}  // namespace

constexpr Family kGptNeo = {
    .model_type = "gpt_neo",
    .shape = {.layers = "num_layers", .heads = "num_heads", .ffn = "intermediate_size", .ffn_times = 4},
    .norm = format::Norm::layer,
    .epsilon_key = "layer_norm_epsilon",
    .epsilon = 1e-5,
    .activation_key = "activation_function",
    .activation = "gelu_new",
    .tied = true,
    .harmless = kHarmless,
    .read = read,
    .read_layer = read_layer,
    .names = kNames,
};

}  // namespace tidbit::convert
