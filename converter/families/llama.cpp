// LlamaForCausalLM: RMSNorm in front of each sublayer, rotary positions, gated feed-forward, grouped queries.
#include "converter/families/registry.h"
#include "converter/families/rotary.h"

namespace tidbit::convert {
namespace {

constexpr const char *kPrefixes[] = {"model.", "", "transformer.", "model.model."};
constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "embed_tokens.weight"),
    tensor(Global::rotary_frequencies).or_computed(rotary_row),
    tensor(Global::final_norm, "norm.weight"),
    tensor(Global::head, "/lm_head.weight"),
};
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "input_layernorm.weight"),
    tensor(Layer::qkv, "self_attn.q_proj.*", "self_attn.k_proj.*", "self_attn.v_proj.*").biased_if("attention_bias"),
    tensor(Layer::attention_out, "self_attn.o_proj.*").biased_if("attention_bias"),
    tensor(Layer::ffn_in_norm, "post_attention_layernorm.weight"),
    tensor(Layer::ffn_up, "mlp.gate_proj.*", "mlp.up_proj.*").biased_if("mlp_bias"),
    tensor(Layer::ffn_down, "mlp.down_proj.*").biased_if("mlp_bias"),
};
constexpr LeftOut kLeftOut[] = {{"*rotary_emb.inv_freq", nullptr}};
constexpr Names kNames[] = {{Dialect::huggingface, kPrefixes, "layers.#.", kGlobals, kLayers, kLeftOut}};

}  // namespace

constexpr Family kLlama = {
    .model_type = "llama",
    .shape = {.kv_heads = "num_key_value_heads", .head_dim = "head_dim", .ffn = "intermediate_size"},
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
