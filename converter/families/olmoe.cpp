// OlmoeForCausalLM: Llama with norms of whole queries and keys, and experts.
#include "converter/families/experts.h"
#include "converter/families/llama_layers.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr auto kGlobals = llama_globals();
constexpr auto kLayers =
    join(kLlamaNorms, std::array{kLlamaQkv.biased_if("attention_bias"), kLlamaAttentionOut.biased_if("attention_bias")},
         kLlamaQkNorms, kExpertRows);
constexpr Names kNames[] = {llama_names(kGlobals, kLayers)};

void read(Reading &model) {
  read_experts(model, {.width = "intermediate_size", .usual_count = 64, .usual_used = 8},
               format::Router::softmax_then_top_k, model.keys.flag_or("norm_topk_prob", false));
  model.kind.qk_norm_scope = format::QkNormScope::whole;
}

}  // namespace

constexpr Family kOlmoe = [] {
  Family family = llama_like("olmoe", kNames);
  family.epsilon = 1e-5;
  family.read = read;
  return family;
}();

}  // namespace tidbit::convert
