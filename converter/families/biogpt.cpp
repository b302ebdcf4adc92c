// BioGptForCausalLM: LayerNorm in front of each sublayer, learned positions that begin at row 2, a scaled embedding.
#include <cmath>

#include "converter/families/bart_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr const char *kPrefixes[] = {"biogpt.", "", "model."};
constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "embed_tokens.weight"),
    tensor(Global::position_embedding, "embed_positions.weight").skipping(2),
    tensor(Global::final_norm, "layer_norm.*").biased(),
    tensor(Global::head, "/output_projection.weight"),
};
constexpr Names kNames[] = {{Dialect::huggingface, kPrefixes, "layers.#.", kGlobals, kBartLayers}};

constexpr const char *kUnusedEpsilon[] = {"layer_norm_eps"};

void read(Reading &model) {
  if (!model.keys.flag_or("scale_embedding", true)) return;
  model.config.embedding_scale = static_cast<float>(std::sqrt(static_cast<double>(model.config.width)));
}

}  // namespace

constexpr Family kBioGpt = {
    .model_type = "biogpt",
    .shape = {.ffn = "intermediate_size"},
    .norm = format::Norm::layer,
    .epsilon_key = nullptr,  // layer_norm_eps is not used by the class
    .epsilon = 1e-5,
    .activation_key = "hidden_act",
    .activation = "gelu",
    .tied = true,
    .harmless = kUnusedEpsilon,
    .read = read,
    .names = kNames,
};

}  // namespace tidbit::convert
