// GPT2LMHeadModel: LayerNorm in front of each sublayer, learned positions.
#include "converter/families/gpt_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "wte.weight"),
    tensor(Global::position_embedding, "wpe.weight"),
    tensor(Global::final_norm, "ln_f.*").biased(),
    tensor(Global::head, "/lm_head.weight"),
};
constexpr auto kLayers = gpt_layers(Layer::mixer_in_norm, Layer::ffn_in_norm);
constexpr Names kNames[] = {{Dialect::huggingface, kGptPrefixes, "h.#.", kGlobals, kLayers, kGptMasks}};
constexpr const char *kHarmless[] = {"reorder_and_upcast_attn", "n_ctx", "scale_attn"};

void read(Reading &model) {
  if (!model.keys.flag_or("scale_attn_weights", true)) model.kind.attention_scale = 1;
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  if (!model.keys.flag_or("scale_attn_by_inverse_layer_idx", false)) return;
  kind.attention_scale /= static_cast<float>(layer + 1);
}

}  // namespace

constexpr Family kGpt2 = {
    .model_type = "gpt2",
    .shape = gpt_shape("n_inner"),
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
