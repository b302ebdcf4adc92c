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

// nanoGPT and minGPT: matrices [out][in], and all biases may be missing.
constexpr GlobalRow kNanoGptGlobals[] = {
    tensor(Global::token_embedding, "wte.weight"),
    tensor(Global::position_embedding, "wpe.weight"),
    tensor(Global::final_norm, "ln_f.*").biased_if("bias"),
    tensor(Global::head, "/lm_head.weight"),
};
constexpr GlobalRow kMinGptGlobals[] = {
    tensor(Global::token_embedding, "tok_emb.weight"),
    one_of(Global::position_embedding, "pos_emb", "pos_emb.weight"),
    tensor(Global::final_norm, "ln_f.*").biased_if("bias"),
    tensor(Global::head, "head.weight"),
};
constexpr LayerRow kLinearLayers[] = {
    tensor(Layer::mixer_in_norm, "ln_1.*").biased_if("bias"),
    tensor(Layer::qkv, "attn.c_attn.*").biased_if("bias"),
    tensor(Layer::attention_out, "attn.c_proj.*").biased_if("bias"),
    tensor(Layer::ffn_in_norm, "ln_2.*").biased_if("bias"),
    tensor(Layer::ffn_up, "mlp.c_fc.*").biased_if("bias"),
    tensor(Layer::ffn_down, "mlp.c_proj.*").biased_if("bias"),
};
// The first minGPT has the second name of each pair.
constexpr LayerRow kMinGptLayers[] = {
    kLinearLayers[0], tensor(Layer::mixer_in_norm, "ln1.*").biased_if("bias"),
    kLinearLayers[1], tensor(Layer::qkv, "attn.query.*", "attn.key.*", "attn.value.*").biased_if("bias"),
    kLinearLayers[2], tensor(Layer::attention_out, "attn.proj.*").biased_if("bias"),
    kLinearLayers[3], tensor(Layer::ffn_in_norm, "ln2.*").biased_if("bias"),
    kLinearLayers[4], tensor(Layer::ffn_up, "mlp.0.*").biased_if("bias"),
    kLinearLayers[5], tensor(Layer::ffn_down, "mlp.2.*").biased_if("bias"),
};
constexpr LeftOut kLinearMasks[] = {{"*.attn.bias", nullptr}, {"*.attn.mask", nullptr}};

constexpr Names kNames[] = {
    {Dialect::huggingface, kGptPrefixes, "h.#.", kGlobals, kLayers, kGptMasks},
    {Dialect::nanogpt, kGptPrefixes, "h.#.", kNanoGptGlobals, kLinearLayers, kLinearMasks},
    {Dialect::mingpt, kGptPrefixes, "blocks.#.", kMinGptGlobals, kMinGptLayers, kLinearMasks},
};
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
