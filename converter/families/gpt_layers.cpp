#include "converter/families/gpt_layers.h"

namespace tidbit::convert {
namespace {

using format::Config;
using format::Role;

// One stored tensor as q and the rest, so that q can be scaled.
std::vector<RowSource> scaled_queries(const StoredTensor &tensor, std::uint32_t width, float scale, bool transpose) {
  const auto part = transpose ? transposed : part_of;
  std::vector<RowSource> sources = {part(tensor, 0, width), part(tensor, width, 2 * width)};
  sources[0].scale = scale;
  return sources;
}

void add_norm(PlanBuilder &builder, TensorFinder &tensors, const Config &config, const std::string &name, Role weight,
              Role bias) {
  builder.vector(weight, {as_stored(tensors.take(name + ".weight", {config.width}))});
  builder.vector(bias, {as_stored(tensors.take(name + ".bias", {config.width}))});
}

// A linear layer stored [in][out].
void add_linear(PlanBuilder &builder, TensorFinder &tensors, const std::string &name, std::uint32_t in,
                std::uint32_t out, Role weight, Role bias) {
  builder.matrix(weight, in, {transposed(tensors.take(name + ".weight", {in, out}), 0, out)});
  builder.vector(bias, {as_stored(tensors.take(name + ".bias", {out}))});
}

// transformers knows a number by two names and takes whichever is there.
std::uint32_t count_of(ConfigReader &reader, const std::string &key, const std::string &other, std::uint32_t most) {
  if (!reader.has(other)) return reader.count(key, most);
  const std::uint32_t count = reader.count(other, most);
  if (reader.count_or(key, most, count) != count) reader.refuse(key, "and " + other + " differ");
  return count;
}

}  // namespace

void read_gpt_shape(ConfigReader &reader, Config &config) {
  config.vocab_size = reader.count("vocab_size", format::kMaxVocab);
  config.layers = count_of(reader, "n_layer", "num_hidden_layers", format::kMaxLayers);
  config.width = count_of(reader, "n_embd", "hidden_size", format::kMaxWidth);
  config.heads = count_of(reader, "n_head", "num_attention_heads", format::kMaxHeads);
  config.kv_heads = config.heads;
  if (config.width % config.heads != 0) reader.refuse("n_head", "does not divide n_embd");
  config.head_dim = config.width / config.heads;
  if (config.head_dim > format::kMaxHeadDim) {
    reader.refuse("n_head", "gives heads of " + std::to_string(config.head_dim) + " channels; at most " +
                                std::to_string(format::kMaxHeadDim) + " are supported");
  }
  config.max_context = count_of(reader, "n_positions", "max_position_embeddings", format::kMaxContext);
}

void add_gpt_layer(PlanBuilder &builder, TensorFinder &tensors, const Config &config, const std::string &at,
                   float query_scale) {
  const std::uint32_t width = config.width;
  const std::uint64_t fused = 3 * std::uint64_t{width};
  add_norm(builder, tensors, config, at + "ln_1", Role::attention_norm, Role::attention_norm_bias);
  builder.matrix(Role::qkv, width,
                 scaled_queries(tensors.take(at + "attn.c_attn.weight", {width, fused}), width, query_scale, true));
  builder.vector(Role::qkv_bias,
                 scaled_queries(tensors.take(at + "attn.c_attn.bias", {fused}), width, query_scale, false));
  add_linear(builder, tensors, at + "attn.c_proj", width, width, Role::attention_out, Role::attention_out_bias);
  add_norm(builder, tensors, config, at + "ln_2", Role::ffn_norm, Role::ffn_norm_bias);
  add_linear(builder, tensors, at + "mlp.c_fc", width, config.ffn_width, Role::ffn_up, Role::ffn_up_bias);
  add_linear(builder, tensors, at + "mlp.c_proj", config.ffn_width, width, Role::ffn_down, Role::ffn_down_bias);
}

void leave_out_gpt_masks(TensorFinder &tensors) {
  tensors.leave_out([](const std::string &name) {
    return ends_with(name, ".attn.bias") || ends_with(name, ".attn.masked_bias") || name == "position_ids" ||
           ends_with(name, ".position_ids");
  });
}

}  // namespace tidbit::convert
