// GPTNeoXForCausalLM (Pythia): sublayers in turn or side by side with a LayerNorm each, partial rotation, q, k and v
// fused head by head.
#include "converter/checkpoint/checkpoint.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr const char *kPrefixes[] = {"gpt_neox.", "", "model."};
constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "embed_in.weight"),
    tensor(Global::rotary_frequencies).or_computed(rotary_row),
    tensor(Global::final_norm, "final_layer_norm.*").biased(),
    tensor(Global::head, "/embed_out.weight"),
};
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "input_layernorm.*").biased(),
    tensor(Layer::qkv, "attention.query_key_value.*")
        .in_order(Origin::Order::groups)
        .biased_unless_false("attention_bias"),
    tensor(Layer::attention_out, "attention.dense.*").biased_unless_false("attention_bias"),
    tensor(Layer::ffn_in_norm, "post_attention_layernorm.*").biased(),
    tensor(Layer::ffn_up, "mlp.dense_h_to_4h.*").biased(),
    tensor(Layer::ffn_down, "mlp.dense_4h_to_h.*").biased(),
};
constexpr LeftOut kMasks[] = {
    {"*.attention.bias", nullptr}, {"*.attention.masked_bias", nullptr}, {"*.attention.rotary_emb.inv_freq", nullptr}};
constexpr Names kNames[] = {{Dialect::huggingface, kPrefixes, "layers.#.", kGlobals, kLayers, kMasks}};

constexpr const char *kUnused[] = {"num_key_value_heads", "head_dim"};

// transformers 4 has these numbers under names of the family's own. It also writes them under the usual names, but does
// not read those.
void read_neox_rotary(Reading &model) {
  ConfigReader &keys = model.keys;
  const double theta = keys.number_or("rotary_emb_base", 10000);
  model.rotary_share = keys.number_or("rotary_pct", 0.25);
  const nlohmann::json *rope = keys.object_or_null("rope_parameters");
  const auto check = [&](const char *key, double value) {
    if (rope == nullptr || !rope->contains(key)) keys.only(key, value);
  };
  check("rope_theta", theta);
  if (model.checkpoint->dialect == Dialect::huggingface) check("partial_rotary_factor", model.rotary_share);
  use(add_rotary(model, {.theta = theta, .own_theta = true}), model.kind);
}

void read(Reading &model) {
  if (!model.keys.flag_or("use_parallel_residual", true)) return;
  model.kind.residual = format::Residual::parallel_two_norms;
}

}  // namespace

constexpr Family kGptNeoX = [] {
  Family family = llama_like("gpt_neox", kNames);
  family.shape = {.ffn = "intermediate_size"};
  family.harmless = kUnused;
  family.norm = format::Norm::layer;
  family.epsilon_key = "layer_norm_eps";
  family.epsilon = 1e-5;
  family.activation = "gelu";
  family.gated = false;
  family.read_rotary = read_neox_rotary;
  family.read = read;
  family.partial_rotary = true;
  return family;
}();

}  // namespace tidbit::convert
