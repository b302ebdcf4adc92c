// LlamaForCausalLM: RMSNorm in front of each sublayer, rotary positions, gated feed-forward, grouped queries.
#include "converter/checkpoint/checkpoint.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0], kLlamaQkv.biased_if("attention_bias"), kLlamaAttentionOut.biased_if("attention_bias"),
    kLlamaNorms[1], kLlamaFfn[0].biased_if("mlp_bias"),    kLlamaFfn[1].biased_if("mlp_bias"),
};

// Meta's own names.
constexpr const char *kMetaPrefixes[] = {"", "transformer."};
constexpr GlobalRow kMetaGlobals[] = {
    tensor(Global::token_embedding, "tok_embeddings.weight"),
    tensor(Global::rotary_frequencies).or_computed(rotary_row),
    tensor(Global::final_norm, "norm.weight"),
    tensor(Global::head, "output.weight"),
};
constexpr LayerRow kMetaLayers[] = {
    tensor(Layer::mixer_in_norm, "attention_norm.weight"),
    tensor(Layer::qkv, "attention.wq.*", "attention.wk.*", "attention.wv.*"),
    tensor(Layer::attention_out, "attention.wo.*"),
    tensor(Layer::ffn_in_norm, "ffn_norm.weight"),
    tensor(Layer::ffn_up, "feed_forward.w1.*", "feed_forward.w3.*"),
    tensor(Layer::ffn_down, "feed_forward.w2.*"),
};
constexpr LeftOut kMetaLeftOut[] = {
    {"rope.freqs", nullptr}, {"freqs_cos", nullptr}, {"freqs_sin", nullptr}, {"*attention.mask", nullptr}};

constexpr Names kNames[] = {
    {Dialect::huggingface, kLlamaPrefixes, "layers.#.", kGlobals, kLayers, kLlamaLeftOut},
    {Dialect::llama, kMetaPrefixes, "layers.#.", kMetaGlobals, kMetaLayers, kMetaLeftOut},
};

// llama.cpp computes Llama with a part of each head turned. Of transformers' class, version 5 takes no notice of the
// key if frequencies are not scaled, and otherwise it fails, as version 4 does.
void read(Reading &model) {
  if (model.checkpoint->dialect != Dialect::huggingface || model.kind.rotary_dim == model.kind.head_dim) return;
  model.keys.refuse("partial_rotary_factor", "is below 1, which transformers' class does not compute either");
}

}  // namespace

constexpr Family kLlama = {
    .model_type = "llama",
    .shape = kLlamaShape,
    .norm = format::Norm::rms,
    .epsilon_key = "rms_norm_eps",
    .epsilon = 1e-6,
    .activation_key = "hidden_act",
    .activation = "silu",
    .gated = true,
    .tied = false,
    .partial_rotary = true,
    .read = read,
    .names = kNames,
};

}  // namespace tidbit::convert
