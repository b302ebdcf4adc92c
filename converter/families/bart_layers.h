// Shared by the families whose layers are named like BART's decoder: OPT, BioGPT, XGLM.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

inline constexpr LayerRow kBartQkv =
    tensor(Layer::qkv, "self_attn.q_proj.*", "self_attn.k_proj.*", "self_attn.v_proj.*");
inline constexpr LayerRow kBartAttentionOut = tensor(Layer::attention_out, "self_attn.out_proj.*");
inline constexpr LayerRow kBartUp = tensor(Layer::ffn_up, "fc1.*"), kBartDown = tensor(Layer::ffn_down, "fc2.*");

// LayerNorm in front of each sublayer, and biases.
inline constexpr std::array<LayerRow, 6> kBartLayers = {
    tensor(Layer::mixer_in_norm, "self_attn_layer_norm.*").biased(), kBartQkv.biased(), kBartAttentionOut.biased(),
    tensor(Layer::ffn_in_norm, "final_layer_norm.*").biased(),       kBartUp.biased(),  kBartDown.biased(),
};

}  // namespace tidbit::convert
