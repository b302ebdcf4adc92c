// Qwen2ForCausalLM and Qwen3ForCausalLM: Llama with a window in some layers. Qwen2 has biases of q, k and v, Qwen3 has
// norms of each head's query and key.
#include "converter/families/layer_types.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr auto kQwen2Layers = join(kLlamaNorms, std::array{kLlamaQkv.biased(), kLlamaAttentionOut}, kLlamaFfn);
constexpr auto kQwen3Layers =
    join(kLlamaNorms, std::array{kLlamaQkv.biased_if("attention_bias"), kLlamaAttentionOut.biased_if("attention_bias")},
         kLlamaFfn, kLlamaQkNorms);
constexpr Names kQwen2Names[] = {
    {Dialect::huggingface, kLlamaPrefixes, "layers.#.", kGlobals, kQwen2Layers, kLlamaLeftOut}};
constexpr Names kQwen3Names[] = {
    {Dialect::huggingface, kLlamaPrefixes, "layers.#.", kGlobals, kQwen3Layers, kLlamaLeftOut}};

// Layers from max_window_layers on see a window, if use_sliding_window says so.
void read(Reading &model) {
  const bool used = model.keys.flag_or("use_sliding_window", false);
  const std::uint32_t window = window_of(model, 4096);
  const double first = model.keys.number_or("max_window_layers", 28);
  read_layer_types(model, [&](std::uint32_t layer) { return !used || layer < first; });
  model.kind.window = used ? window : 0;
}

void read_qwen3(Reading &model) {
  model.kind.qk_norm_scope = format::QkNormScope::per_head;
  read(model);
}

void read_layer(Reading &model, std::uint32_t layer, format::LayerKind &kind) {
  if (is_full(model, layer)) kind.window = 0;
}

constexpr Family qwen(const char *model_type, std::span<const Names> names, void (*reader)(Reading &)) {
  return {
      .model_type = model_type,
      .shape = kLlamaShape,
      .norm = format::Norm::rms,
      .epsilon_key = "rms_norm_eps",
      .epsilon = 1e-6,
      .activation_key = "hidden_act",
      .activation = "silu",
      .gated = true,
      .tied = false,
      .read = reader,
      .read_layer = read_layer,
      .names = names,
  };
}

}  // namespace

constexpr Family kQwen2 = qwen("qwen2", kQwen2Names, read);
constexpr Family kQwen3 = qwen("qwen3", kQwen3Names, read_qwen3);

}  // namespace tidbit::convert
