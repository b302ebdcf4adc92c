// OpenAIGPTLMHeadModel, the first GPT: LayerNorm after each residual sum, learned positions, no norm at the end.
#include "converter/families/gpt_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "tokens_embed.weight"),
    tensor(Global::position_embedding, "positions_embed.weight"),
    // Hugging Face's class looks segments up in the token embedding, but some checkpoints have a separate table.
    one_of(Global::segment_embedding, "segments_embed.weight", "token_type_embed.weight",
           "token_type_embeddings.weight"),
    tensor(Global::head, "/lm_head.weight"),
};
constexpr auto kLayers = gpt_layers(Layer::mixer_sum_norm, Layer::ffn_sum_norm);
constexpr Names kNames[] = {{Dialect::huggingface, kGptPrefixes, "h.#.", kGlobals, kLayers, kGptMasks}};
constexpr const char *kHarmless[] = {"n_ctx", "n_special", "predict_special_tokens"};

// The family has its own names for activations: here, "gelu" is the tanh form.
constexpr NamedActivation kNamedActivations[] = {
    {"gelu", format::Activation::gelu_tanh},
    {"relu", format::Activation::relu},
    {"silu", format::Activation::silu},
    {"swish", format::Activation::silu},
};

}  // namespace

constexpr Family kOpenAiGpt = {
    .model_type = "openai-gpt",
    .shape = gpt_shape(nullptr),
    .norm = format::Norm::layer,
    .epsilon_key = "layer_norm_epsilon",
    .epsilon = 1e-5,
    .activation_key = "afn",
    .activation = "gelu",
    .activations = kNamedActivations,
    .tied = true,
    .harmless = kHarmless,
    .names = kNames,
};

}  // namespace tidbit::convert
