// Feed-forwards of experts: their numbers, and the names that several families give their tensors.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

struct ExpertKeys {
  Key count = {"num_experts", "num_local_experts"};
  const char *used = "num_experts_per_tok";
  const char *width = "moe_intermediate_size";
  std::uint32_t usual_count = 0, usual_used = 0;  // if the key is missing; 0: that is an error
};

// Sets the numbers of experts of a kind.
void read_experts(Reading &model, const ExpertKeys &names, format::Router router, bool normalized);

// Lets a layer of this kind have a plain feed-forward instead.
void leave_experts_out(format::LayerKind &kind);

// Layers with a plain feed-forward in families of experts: those in mlp_only_layers, and all but every
// decoder_sparse_step-th.
std::vector<bool> layers_with_experts(Reading &model);

// mlp.gate, mlp.experts.@.gate_proj and so on.
inline constexpr std::array<LayerRow, 3> kExpertRows = {
    tensor(Layer::router, "mlp.gate.weight"),
    tensor(Layer::expert_up, "mlp.experts.@.gate_proj.weight", "mlp.experts.@.up_proj.weight"),
    tensor(Layer::expert_down, "mlp.experts.@.down_proj.weight"),
};
// The same, all experts in one tensor.
inline constexpr std::array<LayerRow, 2> kFusedExpertRows = {
    tensor(Layer::expert_up, "mlp.experts.gate_up_proj"),
    tensor(Layer::expert_down, "mlp.experts.down_proj"),
};

}  // namespace tidbit::convert
