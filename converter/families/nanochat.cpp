// NanoChatForCausalLM: norms without weights, also of the embedding and, after the rotation, of queries and keys; heads
// rotate backwards; a soft cap of the logits.
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

// None of the norms has a tensor; the rows say where they are.
constexpr auto kGlobals = join(llama_globals(), std::array{tensor(Global::embedding_norm, "")});
constexpr LayerRow kLayers[] = {
    kLlamaNorms[0],
    kLlamaQkv.biased_if("attention_bias"),
    kLlamaQkNorms[0],
    kLlamaQkNorms[1],
    kLlamaAttentionOut.biased_if("attention_bias"),
    kLlamaNorms[1],
    tensor(Layer::ffn_up, "mlp.fc1.weight"),
    tensor(Layer::ffn_down, "mlp.fc2.weight"),
};

// The trainer's own names.
constexpr const char *kTrainerPrefixes[] = {"transformer.", ""};
constexpr GlobalRow kTrainerGlobals[] = {
    tensor(Global::token_embedding, "wte.weight"), kGlobals[1], kGlobals[2], kGlobals[3], kGlobals[4],
};
constexpr LayerRow kTrainerLayers[] = {
    kLlamaNorms[0],
    tensor(Layer::qkv, "attn.c_q.*", "attn.c_k.*", "attn.c_v.*"),
    kLlamaQkNorms[0],
    kLlamaQkNorms[1],
    tensor(Layer::attention_out, "attn.c_proj.*"),
    kLlamaNorms[1],
    tensor(Layer::ffn_up, "mlp.c_fc.weight"),
    tensor(Layer::ffn_down, "mlp.c_proj.weight"),
};
constexpr LeftOut kTrainerLeftOut[] = {{"cos", nullptr}, {"sin", nullptr}};

constexpr Names kNames[] = {
    llama_names(kGlobals, kLayers),
    {Dialect::nanochat, kTrainerPrefixes, "h.#.", kTrainerGlobals, kTrainerLayers, kTrainerLeftOut},
};

void read_backward_rotary(Reading &model) {
  read_rotary(model);
  for (RotaryTable &table : model.rotary) {
    for (float &frequency : table.frequencies) frequency = -frequency;
  }
}

void read(Reading &model) {
  model.kind.qk_norm_scope = format::QkNormScope::per_head;
  model.kind.qk_norm_after = 1;
  const double cap =
      model.keys.number_or("final_logit_softcapping", model.keys.contains("final_logit_softcapping") ? 0 : 15);
  if (model.keys.has("final_logit_softcapping") && !(cap > 0)) {
    model.keys.refuse("final_logit_softcapping", "is not above 0");
  }
  model.config.logit_cap = static_cast<float>(cap);
}

}  // namespace

constexpr Family kNanoChat = [] {
  Family family = llama_like("nanochat", kNames);
  family.norm = format::Norm::rms_weightless;
  family.activation = "relu2";
  family.gated = false;
  family.read_rotary = read_backward_rotary;
  family.read = read;
  return family;
}();

}  // namespace tidbit::convert
