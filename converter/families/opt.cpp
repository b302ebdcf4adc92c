// OPTForCausalLM: learned positions that begin at row 2; norms in front of the sublayers or (OPT-350m) behind the sums;
// an embedding that may be narrower than the model, with a projection in and one out.
#include <algorithm>

#include "converter/checkpoint/checkpoint.h"
#include "converter/error.h"
#include "converter/families/bart_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr const char *kEmbedding = "embed_tokens.weight";

// A stored tensor under one of the prefixes, or null.
const StoredTensor *find(const Reading &model, const char *name) {
  for (const char *prefix : {"model.decoder.", "decoder.", ""}) {
    const auto found = model.checkpoint->tensors.find(std::string(prefix) + name);
    if (found != model.checkpoint->tensors.end()) return &found->second;
  }
  return nullptr;
}

const StoredTensor &find(const Reading &model, const char *name, std::uint64_t rows, std::uint64_t cols) {
  const StoredTensor *tensor = find(model, name);
  if (tensor == nullptr)
    throw ConvertError(model.keys.file() + ": word_embed_proj_dim needs the tensor \"" + name + "\"");
  check_type(*tensor);
  if (tensor->shape == std::vector<std::uint64_t>{rows, cols}) return *tensor;
  throw ConvertError(model.keys.file() + ": tensor \"" + name + "\" has the shape " + shape_text(tensor->shape));
}

std::uint32_t narrow_width(const Reading &model) {
  return model.keys.count_or("word_embed_proj_dim", format::kMaxWidth, model.config.width);
}

// The rows of `table` times a projection, so that the model needs no other step. `projection` is [narrow][width].
ComputeRow projected(const Reading &model, const char *table, const std::vector<float> &projection) {
  const std::uint32_t narrow = narrow_width(model), width = model.config.width;
  const StoredTensor *tokens = &find(model, table, model.config.vocab_size, narrow);
  return [=](std::uint32_t row, float *out) {
    std::vector<float> token(narrow);
    read_elements(*tokens, std::uint64_t{row} * narrow, narrow, token.data());
    std::vector<double> sums(width);
    for (std::uint32_t p = 0; p < narrow; ++p) {
      for (std::uint32_t c = 0; c < width; ++c) {
        sums[c] += static_cast<double>(token[p]) * projection[std::size_t{p} * width + c];
      }
    }
    std::copy(sums.begin(), sums.end(), out);
  };
}

// project_in is stored [width][narrow].
ComputeRow projected_in(const Reading &model) {
  const std::uint32_t narrow = narrow_width(model), width = model.config.width;
  if (narrow == width) return nullptr;
  std::vector<float> stored(std::size_t{width} * narrow), turned(stored.size());
  read_elements(find(model, "project_in.weight", width, narrow), 0, stored.size(), stored.data());
  for (std::size_t i = 0; i < stored.size(); ++i) turned[i % narrow * width + i / narrow] = stored[i];
  return projected(model, kEmbedding, turned);
}

// project_out is stored [narrow][width].
ComputeRow projected_out(const Reading &model) {
  const std::uint32_t narrow = narrow_width(model), width = model.config.width;
  if (narrow == width) return nullptr;
  std::vector<float> stored(std::size_t{width} * narrow);
  read_elements(find(model, "project_out.weight", narrow, width), 0, stored.size(), stored.data());
  const bool tied = model.keys.flag_or("tie_word_embeddings", true);
  return projected(model, tied ? kEmbedding : "lm_head.weight", stored);
}

constexpr const char *kPrefixes[] = {"model.decoder.", "decoder.", "", "model."};
constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, kEmbedding).computed(projected_in),
    tensor(Global::position_embedding, "embed_positions.weight").skipping(2),
    tensor(Global::final_norm, "final_layer_norm.*").biased_unless_false("layer_norm_elementwise_affine"),
    tensor(Global::head, "/lm_head.weight").computed(projected_out),
};
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "self_attn_layer_norm.*").biased_unless_false("layer_norm_elementwise_affine"),
    tensor(Layer::mixer_sum_norm, "self_attn_layer_norm.*").biased_unless_false("layer_norm_elementwise_affine"),
    kBartQkv.biased_unless_false("enable_bias"),
    kBartAttentionOut.biased_unless_false("enable_bias"),
    tensor(Layer::ffn_in_norm, "final_layer_norm.*").biased_unless_false("layer_norm_elementwise_affine"),
    tensor(Layer::ffn_sum_norm, "final_layer_norm.*").biased_unless_false("layer_norm_elementwise_affine"),
    kBartUp.biased_unless_false("enable_bias"),
    kBartDown.biased_unless_false("enable_bias"),
};
// The last three become part of the embedding and the head, if there are projections.
constexpr LeftOut kLeftOut[] = {{"*project_in.weight", nullptr},
                                {"*project_out.weight", nullptr},
                                {"*decoder.embed_tokens.weight", nullptr},
                                {"lm_head.weight", nullptr}};
constexpr Names kNames[] = {{Dialect::huggingface, kPrefixes, "layers.#.", kGlobals, kLayers, kLeftOut}};
constexpr const char *kHarmless[] = {"word_embed_proj_dim"};

void read(Reading &model) {
  using format::Norm;
  ConfigReader &keys = model.keys;
  format::LayerKind &kind = model.kind;
  const bool before = keys.flag_or("do_layer_norm_before", true);
  const bool weights = keys.flag_or("layer_norm_elementwise_affine", true);
  const Norm norm = weights ? Norm::layer : Norm::layer_weightless;
  kind.mixer_in_norm = kind.ffn_in_norm = before ? norm : Norm::none;
  kind.mixer_sum_norm = kind.ffn_sum_norm = before ? Norm::none : norm;
  const bool last = before && !keys.flag_or("_remove_final_layer_norm", false);
  model.config.final_norm = last ? norm : Norm::none;
  if (narrow_width(model) != model.config.width) model.config.tied = 0;
}

}  // namespace

constexpr Family kOpt = {
    .model_type = "opt",
    .shape = {.ffn = "ffn_dim"},
    .norm = format::Norm::layer,
    .epsilon_key = nullptr,
    .epsilon = 1e-5,
    .activation_key = "activation_function",
    .activation = "relu",
    .tied = true,
    .harmless = kHarmless,
    .read = read,
    .names = kNames,
};

}  // namespace tidbit::convert
