// Shared by GPT-2 and the first GPT: the keys of their shape, and layers whose matrices are stored [in][out].
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

// They differ only in the places of the norms.
constexpr std::array<LayerRow, 6> gpt_layers(Layer mixer_norm, Layer ffn_norm) {
  return {
      tensor(mixer_norm, "ln_1.*").biased(),
      tensor(Layer::qkv, "attn.c_attn.*").transposed().biased(),
      tensor(Layer::attention_out, "attn.c_proj.*").transposed().biased(),
      tensor(ffn_norm, "ln_2.*").biased(),
      tensor(Layer::ffn_up, "mlp.c_fc.*").transposed().biased(),
      tensor(Layer::ffn_down, "mlp.c_proj.*").transposed().biased(),
  };
}

// `ffn` is a key, or null if the feed-forward is always four times as wide as the model.
constexpr ShapeKeys gpt_shape(const char *ffn) {
  return {.layers = {"n_layer", "num_hidden_layers"},
          .width = {"n_embd", "hidden_size"},
          .heads = {"n_head", "num_attention_heads"},
          .ffn = ffn,
          .ffn_times = 4,
          .context = {"n_positions", "max_position_embeddings"}};
}

inline constexpr const char *kGptPrefixes[] = {"transformer.", "", "model."};

// Causal masks, which old checkpoints store beside the weights.
inline constexpr LeftOut kGptMasks[] = {
    {"*.attn.bias", nullptr}, {"*.attn.masked_bias", nullptr}, {"position_ids", nullptr}, {"*.position_ids", nullptr}};

}  // namespace tidbit::convert
