// GPTJForCausalLM and CodeGenForCausalLM: attention and feed-forward side by side behind one LayerNorm; the first
// channels of a head rotate, in adjacent pairs.
#include <algorithm>

#include "converter/families/gpt_layers.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "wte.weight"),
    tensor(Global::rotary_frequencies).or_computed(rotary_row),
    tensor(Global::final_norm, "ln_f.*").biased(),
    tensor(Global::head, "/lm_head.*").biased(),
};
constexpr std::array kCommon = {
    tensor(Layer::mixer_in_norm, "ln_1.*").biased(),
    tensor(Layer::attention_out, "attn.out_proj.weight"),
    tensor(Layer::ffn_up, "mlp.fc_in.*").biased(),
    tensor(Layer::ffn_down, "mlp.fc_out.*").biased(),
};
constexpr auto kGptJLayers =
    join(kCommon, std::array{tensor(Layer::qkv, "attn.q_proj.weight", "attn.k_proj.weight", "attn.v_proj.weight")});
constexpr auto kCodeGenLayers =
    join(kCommon, std::array{tensor(Layer::qkv, "attn.qkv_proj.weight").in_order(Origin::Order::quarters)});
constexpr LeftOut kMasks[] = {{"*.attn.bias", nullptr},
                              {"*.attn.masked_bias", nullptr},
                              {"*.attn.causal_mask", nullptr},
                              {"*.attn.embed_positions", nullptr}};
constexpr Names kGptJNames[] = {{Dialect::huggingface, kGptPrefixes, "h.#.", kGlobals, kGptJLayers, kMasks}};
constexpr Names kCodeGenNames[] = {{Dialect::huggingface, kGptPrefixes, "h.#.", kGlobals, kCodeGenLayers, kMasks}};
constexpr const char *kHarmless[] = {"n_ctx", "rotary", "scale_attn_weights"};

void read_first_channels(Reading &model) {
  const std::uint32_t usual = std::min<std::uint32_t>(64, model.kind.head_dim);
  const std::uint32_t dim = model.keys.count_or("rotary_dim", format::kMaxHeadDim,
                                                model.keys.contains("rotary_dim") ? model.kind.head_dim : usual);
  if (dim % 2 != 0 || dim > model.kind.head_dim) model.keys.refuse("rotary_dim", "is odd or more than a head has");
  model.keys.only("rope_theta", 10000.0);
  use(add_plain_rotary(model, 10000, dim), model.kind);
}

void read(Reading &model) {
  model.kind.residual = format::Residual::parallel_one_norm;
  model.keys.only("rotary", true);
  model.keys.only("scale_attn_weights", true);
}

void read_codegen(Reading &model) {
  read(model);
  if (model.kind.heads % 4 != 0) model.keys.refuse("n_head", "is not a multiple of 4");
}

constexpr Family gptj(const char *model_type, std::span<const Names> names, void (*reader)(Reading &)) {
  return {
      .model_type = model_type,
      .shape = gpt_shape("n_inner"),
      .norm = format::Norm::layer,
      .epsilon_key = "layer_norm_epsilon",
      .epsilon = 1e-5,
      .activation_key = "activation_function",
      .activation = "gelu_new",
      .tied = false,
      .harmless = kHarmless,
      .pairs_adjacent = true,
      .read_rotary = read_first_channels,
      .read = reader,
      .names = names,
  };
}

}  // namespace

constexpr Family kGptJ = gptj("gptj", kGptJNames, read);
constexpr Family kCodeGen = gptj("codegen", kCodeGenNames, read_codegen);

}  // namespace tidbit::convert
