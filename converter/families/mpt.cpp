// MptForCausalLM: ALiBi, LayerNorm without bias, no biases at all.
#include <bit>
#include <nlohmann/json.hpp>

#include "converter/families/alibi.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr const char *kPrefixes[] = {"transformer.", "", "model."};
constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "wte.weight"),
    tensor(Global::final_norm, "norm_f.weight"),
    tensor(Global::head, "/lm_head.weight"),
};

const nlohmann::json &attention_of(const Reading &model) {
  static const nlohmann::json kEmpty = nlohmann::json::object();
  const nlohmann::json *given = model.keys.object_or_null("attn_config");
  return given != nullptr ? *given : kEmpty;
}

// Computed for the next power of two; with fewer heads, first every other slope, then the rest.
ComputeRow slope(const Reading &model) {
  const std::uint32_t heads = model.kind.heads, whole = std::bit_ceil(heads);
  const std::vector<float> slopes = alibi_slopes(whole);
  return [=](std::uint32_t head, float *out) {
    const std::uint32_t odd = 2 * head + 1;
    *out = whole == heads ? slopes[head] : odd < whole ? slopes[odd] : slopes[2 * (head - whole / 2)];
  };
}

constexpr LayerRow kLayers[] = {
    tensor(Layer::mixer_in_norm, "norm_1.weight"),   tensor(Layer::qkv, "attn.Wqkv.weight"),
    tensor(Layer::alibi_slopes).or_computed(slope),  tensor(Layer::attention_out, "attn.out_proj.weight"),
    tensor(Layer::ffn_in_norm, "norm_2.weight"),     tensor(Layer::ffn_up, "ffn.up_proj.weight"),
    tensor(Layer::ffn_down, "ffn.down_proj.weight"),
};
constexpr Names kNames[] = {{Dialect::huggingface, kPrefixes, "blocks.#.", kGlobals, kLayers}};
// Of training, or that transformers' class ignores, too.
constexpr const char *kHarmless[] = {"init_device",    "init_config",     "expansion_ratio",   "verbose",
                                     "tokenizer_name", "emb_pdrop",       "fc_type",           "ffn_config",
                                     "norm_type",      "learned_pos_emb", "embedding_fraction"};

void read_attention(Reading &model) {
  static constexpr const char *kOfAttention[] = {"attn_pdrop",    "attn_impl", "model_type",
                                                 "softmax_scale", "clip_qkv",  "alibi"};
  const std::string where = model.keys.file() + ": attn_config";
  ConfigReader keys(attention_of(model), where);
  model.kind.alibi = format::Alibi::plain;
  if (!keys.flag_or("alibi", true)) keys.refuse("alibi", "is false, which transformers' class does not compute either");
  model.kind.attention_scale = static_cast<float>(keys.number_or("softmax_scale", model.kind.attention_scale));
  const double clip = keys.number_or("clip_qkv", 0);
  if (clip < 0) keys.refuse("clip_qkv", "is negative");
  model.kind.qkv_clip = static_cast<float>(clip);
  // Others are ignored by transformers' class, but not by the code that such models were trained with.
  keys.only("alibi_bias_max", 8.0);
  keys.only("attn_type", "multihead_attention");
  keys.only("prefix_lm", false);
  keys.only("qk_ln", false);
  keys.only("attn_uses_sequence_id", false);
  keys.harmless(kOfAttention);
  for (const std::string &key : keys.finish()) keys.refuse(key, "is not supported");
}

void read(Reading &model) {
  read_attention(model);
  model.keys.only("no_bias", true);
  model.keys.only("logit_scale", nullptr);
}

}  // namespace

constexpr Family kMpt = {
    .model_type = "mpt",
    .shape = {.layers = {"n_layers", "num_hidden_layers"},
              .width = {"d_model", "hidden_size"},
              .heads = {"n_heads", "num_attention_heads"},
              .ffn_times = 4,
              .context = "max_seq_len"},
    .norm = format::Norm::layer,
    .epsilon_key = "layer_norm_epsilon",
    .epsilon = 1e-5,
    .activation_key = nullptr,
    .activation = "gelu",
    .tied = true,
    .harmless = kHarmless,
    .read = read,
    .names = kNames,
};

}  // namespace tidbit::convert
