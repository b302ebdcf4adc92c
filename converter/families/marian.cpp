// The decoder of Marian, the original Transformer's: LayerNorm after each residual sum, sinusoidal positions. Its cross
// attention needs an encoder's output and is left out, as MarianForCausalLM does without one.
#include <algorithm>
#include <cmath>

#include "converter/error.h"
#include "converter/families/plan_builder.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

using format::Config;
using format::Role;

void read_shape(ConfigReader &reader, Config &config) {
  config.family = format::Family::marian;
  const std::uint32_t vocabulary = reader.count("vocab_size", format::kMaxVocab);
  config.vocab_size = reader.count_or("decoder_vocab_size", format::kMaxVocab, vocabulary);
  config.layers = reader.count("decoder_layers", format::kMaxLayers);
  config.width = reader.count("d_model", format::kMaxWidth);
  config.heads = reader.count("decoder_attention_heads", format::kMaxHeads);
  config.kv_heads = config.heads;
  if (config.width % config.heads != 0) reader.refuse("decoder_attention_heads", "does not divide d_model");
  config.head_dim = config.width / config.heads;
  if (config.head_dim > format::kMaxHeadDim) {
    reader.refuse("decoder_attention_heads", "gives heads of " + std::to_string(config.head_dim) +
                                                 " channels; at most " + std::to_string(format::kMaxHeadDim) +
                                                 " are supported");
  }
  config.ffn_width = reader.count("decoder_ffn_dim", format::kMaxFfn);
  config.max_context = reader.count("max_position_embeddings", format::kMaxContext);
}

void read_maths(ConfigReader &reader, Config &config) {
  config.norm = format::Norm::layer_norm;
  config.norm_place = format::NormPlace::post;
  config.norm_epsilon = 1e-5f;
  config.position = format::Position::table;
  config.activation = activation_named(reader, "activation_function", reader.text_or("activation_function", "gelu"));
  config.attention_scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_dim)));
  if (reader.flag_or("scale_embedding", false)) {
    config.embedding_scale = static_cast<float>(std::sqrt(static_cast<double>(config.width)));
  }
  reader.only("static_position_embeddings", true);
  reader.only("do_blenderbot_90_layernorm", false);
  // The last two are of BART: Marian's positions have no offset, and a bias of the logits is a tensor.
  reader.harmless({"encoder_layers", "encoder_attention_heads", "encoder_ffn_dim", "encoder_layerdrop",
                   "decoder_layerdrop", "num_hidden_layers", "force_bos_token_to_be_generated", "extra_pos_embeddings",
                   "add_bias_logits"});
}

// Sines in the first half of the channels, cosines in the second.
RowSource sinusoids(const Config &config) {
  const std::uint32_t width = config.width, sines = (width + 1) / 2;
  return computed(config.max_context, [width, sines](std::uint32_t position, float *out) {
    for (std::uint32_t channel = 0; channel < width; ++channel) {
      const std::uint32_t pair = channel < sines ? channel : channel - sines;
      const double angle = position / std::pow(10000.0, 2.0 * pair / width);
      out[channel] = static_cast<float>(channel < sines ? std::sin(angle) : std::cos(angle));
    }
  });
}

void add_positions(PlanBuilder &builder, TensorFinder &tensors, const Config &config) {
  const StoredTensor *table = tensors.take_if("embed_positions.weight", {config.max_context, config.width});
  builder.matrix(Role::position_embedding, config.width, {table != nullptr ? as_stored(*table) : sinusoids(config)});
}

class Layer {
 public:
  Layer(PlanBuilder &builder, TensorFinder &tensors, const Config &config, std::uint32_t index)
      : builder_(builder),
        tensors_(tensors),
        width_(config.width),
        ffn_(config.ffn_width),
        at_("layers." + std::to_string(index) + ".") {
    builder.layer(index);
  }

  void add() {
    vector(Role::attention_norm, "self_attn_layer_norm.weight", width_);
    vector(Role::attention_norm_bias, "self_attn_layer_norm.bias", width_);
    builder_.matrix(Role::qkv, width_, {projection("q"), projection("k"), projection("v")});
    builder_.vector(Role::qkv_bias, {bias("q"), bias("k"), bias("v")});
    builder_.matrix(Role::attention_out, width_, {projection("out")});
    builder_.vector(Role::attention_out_bias, {bias("out")});
    vector(Role::ffn_norm, "final_layer_norm.weight", width_);
    vector(Role::ffn_norm_bias, "final_layer_norm.bias", width_);
    builder_.matrix(Role::ffn_up, width_, {as_stored(tensors_.take(at_ + "fc1.weight", {ffn_, width_}))});
    vector(Role::ffn_up_bias, "fc1.bias", ffn_);
    builder_.matrix(Role::ffn_down, ffn_, {as_stored(tensors_.take(at_ + "fc2.weight", {width_, ffn_}))});
    vector(Role::ffn_down_bias, "fc2.bias", width_);
  }

 private:
  void vector(Role role, const std::string &name, std::uint32_t size) {
    builder_.vector(role, {as_stored(tensors_.take(at_ + name, {size}))});
  }
  RowSource projection(const std::string &which) {
    return as_stored(tensors_.take(at_ + "self_attn." + which + "_proj.weight", {width_, width_}));
  }
  RowSource bias(const std::string &which) {
    return as_stored(tensors_.take(at_ + "self_attn." + which + "_proj.bias", {width_}));
  }

  PlanBuilder &builder_;
  TensorFinder &tensors_;
  std::uint32_t width_, ffn_;
  std::string at_;
};

// MarianMTModel adds this to the logits, MarianForCausalLM does not have it. Zeros are not worth a tensor.
void add_logits_bias(PlanBuilder &builder, TensorFinder &tensors, const Config &config) {
  const StoredTensor *bias = tensors.take_bare_if("final_logits_bias", {1, config.vocab_size});
  if (bias == nullptr) return;
  std::vector<float> values(config.vocab_size);
  read_elements(*bias, 0, config.vocab_size, values.data());
  if (std::all_of(values.begin(), values.end(), [](float value) { return value == 0; })) return;
  const auto element = [values](std::uint32_t row, float *out) { *out = values[row]; };
  builder.vector(Role::head_bias, {computed(config.vocab_size, element)});
}

void leave_out_encoder(TensorFinder &tensors, ModelPlan &plan) {
  const std::size_t cross =
      tensors.leave_out([](const std::string &name) { return name.find(".encoder_attn") != std::string::npos; });
  const std::size_t encoder = tensors.leave_out([](const std::string &name) {
    return name.rfind("model.encoder.", 0) == 0 || name.rfind("encoder.", 0) == 0 || ends_with(name, "shared.weight");
  });
  if (cross != 0)
    plan.notes.push_back("left out: cross attention, " + std::to_string(cross) + " tensors (encoder_attn)");
  if (encoder != 0) plan.notes.push_back("left out: the encoder, " + std::to_string(encoder) + " tensors");
}

}  // namespace

void plan_marian(const Checkpoint &checkpoint, ModelPlan &plan) {
  ConfigReader reader(checkpoint.config, checkpoint.config_name);
  Config &config = plan.config;
  read_shape(reader, config);
  read_maths(reader, config);
  const bool tied = reader.flag_or("tie_word_embeddings", true);
  const bool shared = reader.flag_or("share_encoder_decoder_embeddings", true);
  set_special_tokens(checkpoint, reader, plan);

  TensorFinder tensors(checkpoint, {"model.decoder.", "decoder.", ""}, {"layers.0.fc1.weight"});
  PlanBuilder builder(plan);
  EmbeddingNames names = {"embed_tokens.weight", "lm_head.weight"};
  if (shared) names.copies = {"model.shared.weight", "shared.weight"};
  add_embedding_and_head(builder, tensors, config, names, tied);
  add_positions(builder, tensors, config);
  add_logits_bias(builder, tensors, config);
  for (std::uint32_t i = 0; i < config.layers; ++i) Layer(builder, tensors, config, i).add();
  leave_out_encoder(tensors, plan);
  finish_plan(reader, tensors, plan);
}

}  // namespace tidbit::convert
