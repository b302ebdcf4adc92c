// LlamaForCausalLM: RMSNorm in front of each sublayer, rotary positions, gated feed-forward, grouped queries.
#include <cmath>

#include "converter/families/plan_builder.h"
#include "converter/families/registry.h"
#include "converter/families/rotary.h"

namespace tidbit::convert {
namespace {

using format::Config;
using format::Role;

struct Options {
  bool attention_bias, mlp_bias, tied;
  std::uint32_t pairs_of;  // head_dim where q and k have to be reordered, else 0
};

void read_shape(ConfigReader &reader, Config &config) {
  config.family = format::Family::llama;
  config.vocab_size = reader.count("vocab_size", format::kMaxVocab);
  config.layers = reader.count("num_hidden_layers", format::kMaxLayers);
  config.width = reader.count("hidden_size", format::kMaxWidth);
  config.heads = reader.count("num_attention_heads", format::kMaxHeads);
  config.kv_heads = reader.count_or("num_key_value_heads", format::kMaxHeads, config.heads);
  if (config.heads % config.kv_heads != 0) {
    reader.refuse("num_key_value_heads", "does not divide num_attention_heads");
  }
  if (!reader.has("head_dim") && config.width % config.heads != 0) {
    reader.refuse("num_attention_heads", "does not divide hidden_size, and there is no head_dim");
  }
  config.head_dim = reader.count_or("head_dim", format::kMaxHeadDim, config.width / config.heads);
  if (config.head_dim > format::kMaxHeadDim) {
    reader.refuse("hidden_size", "gives heads of " + std::to_string(config.head_dim) + " channels; at most " +
                                     std::to_string(format::kMaxHeadDim) + " are supported");
  }
  config.ffn_width = reader.count("intermediate_size", format::kMaxFfn);
  config.max_context = reader.count("max_position_embeddings", format::kMaxContext);
}

void read_maths(ConfigReader &reader, Config &config) {
  config.norm = format::Norm::rms_norm;
  config.norm_place = format::NormPlace::pre;
  config.norm_epsilon = reader.epsilon_or("rms_norm_eps", 1e-6);
  config.position = format::Position::rotary;
  config.activation = activation_named(reader, "hidden_act", reader.text_or("hidden_act", "silu"));
  config.gated = 1;
  config.attention_scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_dim)));
}

void add_rotary(PlanBuilder &builder, const Rotary &rotary) {
  const auto frequency = [values = rotary.frequencies](std::uint32_t row, float *out) { *out = values[row]; };
  builder.vector(Role::rotary_frequencies, {computed(rotary.dim / 2, frequency)});
}

RowSource reordered(const StoredTensor &tensor, std::uint32_t pairs_of) {
  RowSource source = as_stored(tensor);
  source.pairs_of = pairs_of;
  return source;
}

void add_attention(PlanBuilder &builder, TensorFinder &tensors, const Config &c, const std::string &at,
                   const Options &options) {
  const std::uint64_t q = std::uint64_t{c.heads} * c.head_dim, kv = std::uint64_t{c.kv_heads} * c.head_dim;
  const std::uint64_t width = c.width;
  builder.vector(Role::attention_norm, {as_stored(tensors.take(at + "input_layernorm.weight", {width}))});
  builder.matrix(Role::qkv, c.width,
                 {reordered(tensors.take(at + "self_attn.q_proj.weight", {q, width}), options.pairs_of),
                  reordered(tensors.take(at + "self_attn.k_proj.weight", {kv, width}), options.pairs_of),
                  as_stored(tensors.take(at + "self_attn.v_proj.weight", {kv, width}))});
  builder.matrix(Role::attention_out, static_cast<std::uint32_t>(q),
                 {as_stored(tensors.take(at + "self_attn.o_proj.weight", {width, q}))});
  if (!options.attention_bias) return;
  builder.vector(Role::qkv_bias, {reordered(tensors.take(at + "self_attn.q_proj.bias", {q}), options.pairs_of),
                                  reordered(tensors.take(at + "self_attn.k_proj.bias", {kv}), options.pairs_of),
                                  as_stored(tensors.take(at + "self_attn.v_proj.bias", {kv}))});
  builder.vector(Role::attention_out_bias, {as_stored(tensors.take(at + "self_attn.o_proj.bias", {width}))});
}

void add_feed_forward(PlanBuilder &builder, TensorFinder &tensors, const Config &c, const std::string &at,
                      const Options &options) {
  const std::uint64_t width = c.width, ffn = c.ffn_width;
  builder.vector(Role::ffn_norm, {as_stored(tensors.take(at + "post_attention_layernorm.weight", {width}))});
  builder.matrix(Role::ffn_up, c.width,
                 {as_stored(tensors.take(at + "mlp.gate_proj.weight", {ffn, width})),
                  as_stored(tensors.take(at + "mlp.up_proj.weight", {ffn, width}))});
  builder.matrix(Role::ffn_down, c.ffn_width, {as_stored(tensors.take(at + "mlp.down_proj.weight", {width, ffn}))});
  if (!options.mlp_bias) return;
  builder.vector(Role::ffn_up_bias, {as_stored(tensors.take(at + "mlp.gate_proj.bias", {ffn})),
                                     as_stored(tensors.take(at + "mlp.up_proj.bias", {ffn}))});
  builder.vector(Role::ffn_down_bias, {as_stored(tensors.take(at + "mlp.down_proj.bias", {width}))});
}

}  // namespace

void plan_llama(const Checkpoint &checkpoint, ModelPlan &plan) {
  ConfigReader reader(checkpoint.config, checkpoint.config_name);
  Config &config = plan.config;
  read_shape(reader, config);
  read_maths(reader, config);
  const Rotary rotary = read_rotary(reader, config.head_dim, config.max_context);
  config.rotary_dim = rotary.dim;
  const Options options = {reader.flag_or("attention_bias", false), reader.flag_or("mlp_bias", false),
                           reader.flag_or("tie_word_embeddings", false),
                           checkpoint.rotary_pairs_adjacent ? config.head_dim : 0};
  set_special_tokens(checkpoint, reader, plan);

  TensorFinder tensors(checkpoint, {"model.", "", "transformer.", "model.model."},
                       {"embed_tokens.weight", "norm.weight"});
  tensors.leave_out([](const std::string &name) { return ends_with(name, "rotary_emb.inv_freq"); });
  PlanBuilder builder(plan);
  add_embedding_and_head(builder, tensors, config, {"embed_tokens.weight", "lm_head.weight"}, options.tied);
  add_rotary(builder, rotary);
  builder.vector(Role::final_norm, {as_stored(tensors.take("norm.weight", {config.width}))});
  for (std::uint32_t i = 0; i < config.layers; ++i) {
    const std::string at = "layers." + std::to_string(i) + ".";
    builder.layer(i);
    add_attention(builder, tensors, config, at, options);
    add_feed_forward(builder, tensors, config, at, options);
  }
  finish_plan(reader, tensors, plan);
}

}  // namespace tidbit::convert
