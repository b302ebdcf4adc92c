// Shared by the families that name their tensors like Llama.
#pragma once

#include "converter/families/family.h"
#include "converter/families/rotary.h"

namespace tidbit::convert {

// The rows of several arrays, one after another.
template <class Role, std::size_t... n>
constexpr auto join(const std::array<Row<Role>, n> &...parts) {
  std::array<Row<Role>, (n + ...)> all = {};
  std::size_t next = 0;
  ((
      [&] {
        for (const Row<Role> &row : parts) all[next++] = row;
      }(),
      ...));
  return all;
}

inline constexpr const char *kLlamaPrefixes[] = {
    "model.", "", "transformer.", "model.model.", "language_model.model.", "model.language_model."};
inline constexpr LeftOut kLlamaLeftOut[] = {{"*rotary_emb.inv_freq", nullptr}};

// `final_norm` is the row of the last norm.
constexpr std::array<GlobalRow, 4> llama_globals(GlobalRow final_norm = tensor(Global::final_norm, "norm.weight")) {
  return {tensor(Global::token_embedding, "embed_tokens.weight"),
          tensor(Global::rotary_frequencies).or_computed(rotary_row), final_norm,
          tensor(Global::head, "/lm_head.weight")};
}

inline constexpr LayerRow kLlamaQkv =
    tensor(Layer::qkv, "self_attn.q_proj.*", "self_attn.k_proj.*", "self_attn.v_proj.*");
inline constexpr LayerRow kLlamaAttentionOut = tensor(Layer::attention_out, "self_attn.o_proj.*");

// Norms in front of the sublayers.
inline constexpr std::array<LayerRow, 2> kLlamaNorms = {
    tensor(Layer::mixer_in_norm, "input_layernorm.weight"),
    tensor(Layer::ffn_in_norm, "post_attention_layernorm.weight"),
};
inline constexpr std::array<LayerRow, 2> kLlamaAttention = {kLlamaQkv, kLlamaAttentionOut};
inline constexpr std::array<LayerRow, 2> kLlamaFfn = {
    tensor(Layer::ffn_up, "mlp.gate_proj.*", "mlp.up_proj.*"),
    tensor(Layer::ffn_down, "mlp.down_proj.*"),
};
// Norms behind the sublayers instead.
inline constexpr std::array<LayerRow, 2> kNormsBehind = {
    tensor(Layer::mixer_out_norm, "post_attention_layernorm.weight"),
    tensor(Layer::ffn_out_norm, "post_feedforward_layernorm.weight"),
};
// Norms of queries and keys; the family sets qk_norm_scope.
inline constexpr std::array<LayerRow, 2> kLlamaQkNorms = {
    tensor(Layer::q_norm, "self_attn.q_norm.weight"),
    tensor(Layer::k_norm, "self_attn.k_norm.weight"),
};

inline constexpr ShapeKeys kLlamaShape = {
    .kv_heads = "num_key_value_heads", .head_dim = "head_dim", .ffn = "intermediate_size"};

constexpr Names llama_names(std::span<const GlobalRow> globals, std::span<const LayerRow> layers) {
  return {Dialect::huggingface, kLlamaPrefixes, "layers.#.", globals, layers, kLlamaLeftOut};
}

// A family that differs from Llama in what the caller changes.
constexpr Family llama_like(const char *model_type, std::span<const Names> names) {
  return {
      .model_type = model_type,
      .shape = kLlamaShape,
      .norm = format::Norm::rms,
      .epsilon_key = "rms_norm_eps",
      .epsilon = 1e-6,
      .activation_key = "hidden_act",
      .activation = "silu",
      .gated = true,
      .tied = false,
      .names = names,
  };
}

}  // namespace tidbit::convert
