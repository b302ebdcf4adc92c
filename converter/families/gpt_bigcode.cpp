// GPTBigCodeForCausalLM (StarCoder, SantaCoder): GPT-2 with one key-value head, matrices stored [out][in].
#include "converter/families/gpt_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "wte.weight"),
    tensor(Global::position_embedding, "wpe.weight"),
    tensor(Global::final_norm, "ln_f.*").biased(),
    tensor(Global::head, "/lm_head.weight"),
};
// With one key-value head, a single group is q, k and v one after another.
constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "ln_1.*").biased(),
    tensor(Layer::qkv, "attn.c_attn.*").in_order(Origin::Order::groups).biased(),
    tensor(Layer::attention_out, "attn.c_proj.*").biased(),
    tensor(Layer::ffn_in_norm, "ln_2.*").biased(),
    tensor(Layer::ffn_up, "mlp.c_fc.*").biased(),
    tensor(Layer::ffn_down, "mlp.c_proj.*").biased(),
};
constexpr Names kNames[] = {{Dialect::huggingface, kGptPrefixes, "h.#.", kGlobals, kLayers, kGptMasks}};
constexpr const char *kHarmless[] = {"attention_softmax_in_fp32",
                                     "scale_attention_softmax_in_fp32",
                                     "n_ctx",
                                     "inference_runner",
                                     "max_batch_size",
                                     "max_sequence_length",
                                     "pad_key_length",
                                     "pre_allocate_kv_cache",
                                     "validate_runner_input",
                                     "num_key_value_heads",
                                     "runner_max_sequence_length"};

void read(Reading &model) {
  if (!model.keys.flag_or("scale_attn_weights", true)) model.kind.attention_scale = 1;
  model.kind.kv_heads = model.keys.flag_or("multi_query", true) ? 1 : model.kind.heads;
}

}  // namespace

constexpr Family kGptBigCode = {
    .model_type = "gpt_bigcode",
    .shape = gpt_shape("n_inner"),
    .norm = format::Norm::layer,
    .epsilon_key = "layer_norm_epsilon",
    .epsilon = 1e-5,
    .activation_key = "activation_function",
    .activation = "gelu_pytorch_tanh",
    .tied = true,
    .harmless = kHarmless,
    .read = read,
    .names = kNames,
};

}  // namespace tidbit::convert
