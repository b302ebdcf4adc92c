#include "converter/families/experts.h"

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

namespace {

// Only transformers' classes have a usual number.
std::uint32_t count_of(Reading &model, const char *key, std::uint32_t usual) {
  const bool by_class = usual != 0 && model.checkpoint->dialect == Dialect::huggingface;
  return by_class ? model.keys.count_or(key, format::kMaxExperts, usual) : model.keys.count(key, format::kMaxExperts);
}

}  // namespace

void read_experts(Reading &model, const ExpertKeys &names, format::Router router, bool normalized) {
  ConfigReader &keys = model.keys;
  format::LayerKind &kind = model.kind;
  const char *name = keys.has(names.count.name) || names.count.other == nullptr ? names.count.name : names.count.other;
  kind.experts = count_of(model, name, names.usual_count);
  kind.experts_used = count_of(model, names.used, names.usual_used);
  if (kind.experts_used > kind.experts) keys.refuse(names.used, "is more than " + std::string(name));
  kind.expert_width = keys.count(names.width, format::kMaxFfn);
  kind.router = router;
  kind.router_normalized = normalized ? 1 : 0;
  static constexpr const char *kOfTraining[] = {"output_router_logits", "router_aux_loss_coef", "router_jitter_noise"};
  keys.harmless(kOfTraining);
}

void leave_experts_out(format::LayerKind &kind) {
  kind.experts = kind.experts_used = kind.shared_experts = kind.expert_width = 0;
  kind.router = format::Router::none;
  kind.router_normalized = 0;
}

std::vector<bool> layers_with_experts(Reading &model) {
  const std::uint32_t step = model.keys.count_or("decoder_sparse_step", format::kMaxLayers, 1);
  const std::vector<std::int64_t> plain = model.keys.ids("mlp_only_layers");
  std::vector<bool> have(model.layers);
  for (std::uint32_t i = 0; i < model.layers; ++i) have[i] = (i + 1) % step == 0;
  for (const std::int64_t layer : plain) {
    if (layer >= 0 && layer < model.layers) have[static_cast<std::size_t>(layer)] = false;
  }
  return have;
}

}  // namespace tidbit::convert
