// OpenAIGPTLMHeadModel, the first GPT: LayerNorm after each residual sum, learned positions, no norm at the end.
#include <cmath>

#include "converter/families/gpt_layers.h"
#include "converter/families/plan_builder.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

using format::Activation;
using format::Config;
using format::Role;

// The family's own table of names: here "gelu" is the tanh form.
Activation activation(ConfigReader &reader) {
  const std::string name = reader.text_or("afn", "gelu");
  if (name == "gelu") return Activation::gelu_tanh;
  if (name == "relu") return Activation::relu;
  if (name == "silu" || name == "swish") return Activation::silu;
  reader.refuse("afn", "is \"" + name + "\", which is not supported");
}

void read_config(ConfigReader &reader, Config &config) {
  config.family = format::Family::openai_gpt;
  read_gpt_shape(reader, config);
  config.ffn_width = 4 * config.width;
  config.norm = format::Norm::layer_norm;
  config.norm_place = format::NormPlace::post;
  config.norm_epsilon = reader.epsilon_or("layer_norm_epsilon", 1e-5);
  config.position = format::Position::table;
  config.activation = activation(reader);
  config.attention_scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_dim)));
  reader.harmless({"n_ctx", "n_special", "predict_special_tokens"});
}

// Not in Hugging Face's class, which looks segments up in the token embedding; some checkpoints have a table.
void add_segments(PlanBuilder &builder, TensorFinder &tensors, const Config &config) {
  for (const char *name : {"segments_embed.weight", "token_type_embed.weight", "token_type_embeddings.weight"}) {
    const StoredTensor *found = tensors.look(name);
    if (found == nullptr || found->shape.empty()) continue;
    const StoredTensor &table = tensors.take(name, {found->shape[0], config.width});
    builder.matrix(Role::segment_embedding, config.width, {as_stored(table)});
    return;
  }
}

}  // namespace

void plan_openai_gpt(const Checkpoint &checkpoint, ModelPlan &plan) {
  ConfigReader reader(checkpoint.config, checkpoint.config_name);
  Config &config = plan.config;
  read_config(reader, config);
  const bool tied = reader.flag_or("tie_word_embeddings", true);
  set_special_tokens(checkpoint, reader, plan);

  TensorFinder tensors(checkpoint, {"transformer.", "", "model."}, {"tokens_embed.weight", "positions_embed.weight"});
  leave_out_gpt_masks(tensors);
  PlanBuilder builder(plan);
  add_embedding_and_head(builder, tensors, config, {"tokens_embed.weight", "lm_head.weight"}, tied);
  builder.matrix(Role::position_embedding, config.width,
                 {as_stored(tensors.take("positions_embed.weight", {config.max_context, config.width}))});
  add_segments(builder, tensors, config);
  for (std::uint32_t i = 0; i < config.layers; ++i) {
    builder.layer(i);
    add_gpt_layer(builder, tensors, config, "h." + std::to_string(i) + ".", 1.0f);
  }
  finish_plan(reader, tensors, plan);
}

}  // namespace tidbit::convert
