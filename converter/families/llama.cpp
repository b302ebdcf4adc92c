// LlamaForCausalLM: RMSNorm in front of each sublayer, rotary positions, gated feed-forward, grouped queries.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0], kLlamaQkv.biased_if("attention_bias"), kLlamaAttentionOut.biased_if("attention_bias"),
    kLlamaNorms[1], kLlamaFfn[0].biased_if("mlp_bias"),    kLlamaFfn[1].biased_if("mlp_bias"),
};
constexpr Names kNames[] = {{Dialect::huggingface, kLlamaPrefixes, "layers.#.", kGlobals, kLayers, kLlamaLeftOut}};

}  // namespace

constexpr Family kLlama = {
    .model_type = "llama",
    .shape = kLlamaShape,
    .norm = format::Norm::rms,
    .epsilon_key = "rms_norm_eps",
    .epsilon = 1e-6,
    .activation_key = "hidden_act",
    .activation = "silu",
    .gated = true,
    .tied = false,
    .names = kNames,
};

}  // namespace tidbit::convert
