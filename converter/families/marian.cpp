// The decoder of Marian, which is that of the original Transformer: LayerNorm after each residual sum, sinusoidal
// positions. Cross attention is left out, as MarianForCausalLM does without an encoder.
#include <cmath>

#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

// Sines in the first half of the channels, cosines in the second.
ComputeRow sinusoids(const Reading &model) {
  const std::uint32_t width = model.config.width, sines = (width + 1) / 2;
  return [width, sines](std::uint32_t position, float *out) {
    for (std::uint32_t channel = 0; channel < width; ++channel) {
      const std::uint32_t pair = channel < sines ? channel : channel - sines;
      const double angle = position / std::pow(10000.0, 2.0 * pair / width);
      out[channel] = static_cast<float>(channel < sines ? std::sin(angle) : std::cos(angle));
    }
  };
}

constexpr const char *kPrefixes[] = {"model.decoder.", "decoder.", ""};
constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "embed_tokens.weight"),
    tensor(Global::position_embedding, "embed_positions.weight").or_computed(sinusoids),
    tensor(Global::head, "/lm_head.weight"),
    // MarianMTModel adds this to the logits; MarianForCausalLM does not have it.
    tensor(Global::head_bias, "/final_logits_bias").unless_zero(),
};
constexpr LayerRow kLayers[] = {
    tensor(Layer::qkv, "self_attn.q_proj.*", "self_attn.k_proj.*", "self_attn.v_proj.*").biased(),
    tensor(Layer::attention_out, "self_attn.out_proj.*").biased(),
    tensor(Layer::mixer_sum_norm, "self_attn_layer_norm.*").biased(),
    tensor(Layer::ffn_up, "fc1.*").biased(),
    tensor(Layer::ffn_down, "fc2.*").biased(),
    tensor(Layer::ffn_sum_norm, "final_layer_norm.*").biased(),
};
constexpr LeftOut kLeftOut[] = {
    {"*.encoder_attn*", "cross attention (encoder_attn)"},
    {"model.encoder.*", "the encoder"},
    {"encoder.*", "the encoder"},
    {"*shared.weight", "the encoder"},
};
constexpr Names kNames[] = {{Dialect::huggingface, kPrefixes, "layers.#.", kGlobals, kLayers, kLeftOut}};

// The last two come from BART and mean nothing here: Marian's positions have no offset, and whether the logits have a
// bias follows from the tensors.
constexpr const char *kHarmless[] = {"encoder_layers",
                                     "encoder_attention_heads",
                                     "encoder_ffn_dim",
                                     "encoder_layerdrop",
                                     "decoder_layerdrop",
                                     "num_hidden_layers",
                                     "force_bos_token_to_be_generated",
                                     "extra_pos_embeddings",
                                     "add_bias_logits"};

void read(Reading &model) {
  ConfigReader &keys = model.keys;
  model.config.vocab_size = keys.count_or("decoder_vocab_size", format::kMaxVocab, model.config.vocab_size);
  if (keys.flag_or("scale_embedding", false)) {
    model.config.embedding_scale = static_cast<float>(std::sqrt(static_cast<double>(model.config.width)));
  }
  if (keys.flag_or("share_encoder_decoder_embeddings", true)) {
    model.embedding_copies = {"/model.shared.weight", "/shared.weight"};
  }
  keys.only("static_position_embeddings", true);
  keys.only("do_blenderbot_90_layernorm", false);
}

}  // namespace

constexpr Family kMarian = {
    .model_type = "marian",
    .shape = {.layers = "decoder_layers",
              .width = "d_model",
              .heads = "decoder_attention_heads",
              .ffn = "decoder_ffn_dim"},
    .norm = format::Norm::layer,
    .epsilon_key = nullptr,
    .epsilon = 1e-5,
    .activation_key = "activation_function",
    .activation = "gelu",
    .tied = true,
    .harmless = kHarmless,
    .read = read,
    .names = kNames,
};

}  // namespace tidbit::convert
