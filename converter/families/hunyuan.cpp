// HunYuanDenseV1ForCausalLM: Llama with norms of queries and keys after the rotation.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0],
    kLlamaQkv.biased_if("attention_bias"),
    kLlamaAttentionOut.biased_if("attention_bias"),
    tensor(Layer::q_norm, "self_attn.query_layernorm.weight"),
    tensor(Layer::k_norm, "self_attn.key_layernorm.weight"),
    kLlamaNorms[1],
    kLlamaFfn[0],
    kLlamaFfn[1],
};
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};
// Of the tokenizer, of training, and of parts that the dense models do not have.
constexpr const char *kHarmless[] = {
    "eod_token_id",   "im_start_id",  "im_end_id",          "im_newline_id", "text_start_id", "text_end_id",
    "image_token_id", "mask_init_id", "org_vocab_size",     "pad_id",        "sep_token_id",  "add_classification_head",
    "class_num",      "pool_type",    "attention_head_dim", "use_qk_norm",   "qk_norm",       "cla_share_factor",
    "norm_type"};

void read_stretched_rotary(Reading &model) { use(add_rotary(model, {.by_alpha = true}), model.kind); }

void read(Reading &model) {
  model.kind.qk_norm_scope = format::QkNormScope::per_head;
  model.kind.qk_norm_after = 1;
  model.keys.only("use_cla", false);
}

}  // namespace

constexpr Family kHunYuanDense = [] {
  Family family = llama_like("hunyuan_v1_dense", kNames);
  family.name = "hunyuan_dense";
  family.epsilon = 1e-5;
  family.harmless = kHarmless;
  family.read_rotary = read_stretched_rotary;
  family.read = read;
  return family;
}();

}  // namespace tidbit::convert
