// XGLMForCausalLM: LayerNorm in front of each sublayer, sinusoidal positions that begin at 2, a scaled embedding.
#include <algorithm>
#include <cmath>

#include "converter/families/bart_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

// Sines in the first half of the channels, cosines in the second. The row of the padding token's id is zero.
ComputeRow sinusoids(const Reading &model) {
  const std::uint32_t width = model.config.width, half = width / 2;
  const std::vector<std::int64_t> padding = model.keys.ids("pad_token_id");
  const std::int64_t zeros = padding.empty() ? 1 : padding.front();
  if (zeros < 0) model.keys.refuse("pad_token_id", "is negative");
  return [=](std::uint32_t position, float *out) {
    if (position + std::int64_t{2} == zeros) return std::fill(out, out + width, 0.0f);
    for (std::uint32_t channel = 0; channel < width; ++channel) {
      const std::uint32_t pair = channel % half;
      const double frequency = half > 1 ? std::exp(-std::log(10000.0) / (half - 1) * pair) : 1;
      const double angle = (position + 2) * frequency;
      out[channel] = channel >= 2 * half ? 0 : static_cast<float>(channel < half ? std::sin(angle) : std::cos(angle));
    }
  };
}

constexpr const char *kPrefixes[] = {"model.", "", "transformer."};
constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "embed_tokens.weight"),
    tensor(Global::position_embedding).or_computed(sinusoids),
    tensor(Global::final_norm, "layer_norm.*").biased(),
    tensor(Global::head, "/lm_head.weight"),
};
constexpr LeftOut kLeftOut[] = {{"*embed_positions.weights", nullptr}};
constexpr Names kNames[] = {{Dialect::huggingface, kPrefixes, "layers.#.", kGlobals, kBartLayers, kLeftOut}};

void read(Reading &model) {
  if (model.config.width < 4) model.keys.refuse("d_model", "is below 4");
  if (!model.keys.flag_or("scale_embedding", true)) return;
  model.config.embedding_scale = static_cast<float>(std::sqrt(static_cast<double>(model.config.width)));
}

}  // namespace

constexpr Family kXglm = {
    .model_type = "xglm",
    .shape = {.layers = "num_layers", .width = "d_model", .heads = "attention_heads", .ffn = "ffn_dim"},
    .norm = format::Norm::layer,
    .epsilon_key = nullptr,
    .epsilon = 1e-5,
    .activation_key = "activation_function",
    .activation = "gelu",
    .tied = true,
    .read = read,
    .names = kNames,
};

}  // namespace tidbit::convert
