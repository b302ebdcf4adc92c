// GPT2LMHeadModel: LayerNorm in front of each sublayer, learned positions, linear weights stored [in][out].
#include <cmath>

#include "converter/families/gpt_layers.h"
#include "converter/families/plan_builder.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

using format::Config;
using format::Role;

void read_shape(ConfigReader &reader, Config &config) {
  config.family = format::Family::gpt2;
  read_gpt_shape(reader, config);
  config.ffn_width = reader.count_or("n_inner", format::kMaxFfn, 4 * config.width);
}

void read_maths(ConfigReader &reader, Config &config) {
  config.norm = format::Norm::layer_norm;
  config.norm_place = format::NormPlace::pre;
  config.norm_epsilon = reader.epsilon_or("layer_norm_epsilon", 1e-5);
  config.position = format::Position::table;
  config.activation =
      activation_named(reader, "activation_function", reader.text_or("activation_function", "gelu_new"));
  const bool scaled = reader.flag_or("scale_attn_weights", true);
  config.attention_scale = scaled ? static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_dim))) : 1.0f;
  reader.harmless({"reorder_and_upcast_attn", "n_ctx", "scale_attn"});
}

}  // namespace

void plan_gpt2(const Checkpoint &checkpoint, ModelPlan &plan) {
  ConfigReader reader(checkpoint.config, checkpoint.config_name);
  Config &config = plan.config;
  read_shape(reader, config);
  read_maths(reader, config);
  const bool by_layer = reader.flag_or("scale_attn_by_inverse_layer_idx", false);
  const bool tied = reader.flag_or("tie_word_embeddings", true);
  set_special_tokens(checkpoint, reader, plan);

  TensorFinder tensors(checkpoint, {"transformer.", "", "model."}, {"wte.weight", "wpe.weight"});
  leave_out_gpt_masks(tensors);
  PlanBuilder builder(plan);
  const std::uint64_t width = config.width;
  add_embedding_and_head(builder, tensors, config, {"wte.weight", "lm_head.weight"}, tied);
  builder.matrix(Role::position_embedding, config.width,
                 {as_stored(tensors.take("wpe.weight", {config.max_context, width}))});
  builder.vector(Role::final_norm, {as_stored(tensors.take("ln_f.weight", {width}))});
  builder.vector(Role::final_norm_bias, {as_stored(tensors.take("ln_f.bias", {width}))});
  for (std::uint32_t i = 0; i < config.layers; ++i) {
    builder.layer(i);
    // HF divides the scores of layer i by i + 1: fold that into the queries.
    const float query_scale = by_layer ? 1.0f / static_cast<float>(i + 1) : 1.0f;
    add_gpt_layer(builder, tensors, config, "h." + std::to_string(i) + ".", query_scale);
  }
  finish_plan(reader, tensors, plan);
}

}  // namespace tidbit::convert
