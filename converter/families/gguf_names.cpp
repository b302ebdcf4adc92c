#include "converter/families/gguf_names.h"

#include <algorithm>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr const char *kPrefixes[] = {""};
constexpr LeftOut kLeftOut[] = {{"rope_freqs.weight", nullptr},
                                {"rope_factors_*.weight", nullptr},
                                {"blk.*.attn_rot_embd", nullptr},
                                {"blk.*.attn_output.scale", nullptr}};

constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "token_embd.weight"),
    tensor(Global::position_embedding, "position_embd.weight"),
    tensor(Global::embedding_norm, "token_embd_norm.*"),
    tensor(Global::final_norm, "output_norm.*"),
    tensor(Global::final_norm, "token_embd_norm.*"),  // LFM2's name for it
    tensor(Global::head, "output.*"),
};

constexpr LayerRow kLayers[] = {
    tensor(Layer::ffn_up, "ffn_up.*"),              // with a gate in front, or without one; the first row
    tensor(Layer::mixer_in_norm, "attn_norm_2.*"),  // Falcon's, if it has two
    tensor(Layer::mixer_in_norm, "attn_norm.*"),
    tensor(Layer::qkv, "attn_qkv.*"),
    tensor(Layer::qkv, "attn_q.*", "attn_k.*", "attn_v.*"),
    tensor(Layer::q_norm, "attn_q_norm.*"),
    tensor(Layer::k_norm, "attn_k_norm.*"),
    tensor(Layer::sinks, "attn_sinks.weight"),
    tensor(Layer::mixed_norm, "attn_sub_norm.*"),
    tensor(Layer::attention_out, "attn_output.*"),
    tensor(Layer::mixer_out_norm, "post_attention_norm.*"),
    tensor(Layer::ffn_in_norm, "ffn_norm.*"),
    tensor(Layer::ffn_in_norm, "post_attention_norm.*"),  // if there is no other
    tensor(Layer::ffn_in_norm, "attn_norm.*"),            // Falcon's, if it has two
    tensor(Layer::ffn_up, "ffn_gate_shexp.*", "ffn_up_shexp.*"),
    tensor(Layer::ffn_up, "ffn_gate.*", "ffn_up.*"),
    tensor(Layer::ffn_down, "ffn_down_shexp.*"),
    tensor(Layer::ffn_down, "ffn_down.*"),
    tensor(Layer::inner_norm, "ffn_sub_norm.*"),
    tensor(Layer::ffn_out_norm, "post_ffw_norm.*"),
    tensor(Layer::router, "ffn_gate_inp.*"),
    tensor(Layer::expert_up, "ffn_gate_up_exps.*"),
    tensor(Layer::expert_up, "ffn_gate_exps.*", "ffn_up_exps.*"),
    tensor(Layer::expert_down, "ffn_down_exps.*"),
    tensor(Layer::shared_gate, "ffn_gate_inp_shexp.weight"),
    tensor(Layer::conv_in, "shortconv.in_proj.*"),
    tensor(Layer::conv_taps, "shortconv.conv.*"),
    tensor(Layer::conv_out, "shortconv.out_proj.*"),
};

bool is_bias(Global role) {
  return role == Global::final_norm_bias || role == Global::head_bias || role == Global::embedding_norm_bias;
}
bool is_bias(Layer role) {
  return std::string_view(format::kLayerRoles[static_cast<std::size_t>(role)].name).ends_with("_bias");
}

// The names for the role of a family's row, and what the family says of it apart from names and order.
template <class Role>
void add_rows(const Row<Role> &own, std::span<const Row<Role>> table, std::vector<Row<Role>> &rows) {
  const auto has_role = [&](const Row<Role> &row) { return row.role == own.role; };
  if (is_bias(own.role) || std::any_of(rows.begin(), rows.end(), has_role)) return;
  const std::size_t before = rows.size();
  for (const Row<Role> &row : table) {
    if (row.role != own.role) continue;
    rows.push_back(row);
    Origin &origin = rows.back().origin;
    origin.bias = Origin::Bias::if_stored;
    origin.optional = own.origin.optional;
    origin.drop_zeros = own.origin.drop_zeros;
    origin.compute = own.origin.compute;
    origin.always_computed = own.origin.always_computed;
  }
  if (rows.size() == before && own.origin.compute != nullptr) {
    rows.push_back(own);
    rows.back().origin.names = {};
  }
}

template <class Role>
void check_role(Role role, const std::vector<Row<Role>> &rows, const char *name, const Family &family) {
  const auto has_role = [&](const Row<Role> &row) { return row.role == role; };
  if (is_bias(role) || std::any_of(rows.begin(), rows.end(), has_role)) return;
  throw ConvertError(std::string("GGUF has no name for ") + name + " of " + family.model_type +
                     "; give the Hugging Face folder");
}

}  // namespace

GgufNames::GgufNames(const Family &family) {
  const Names &own = family.names.front();
  for (const GlobalRow &row : own.globals) {
    add_rows<Global>(row, kGlobals, globals);
    check_role(row.role, globals, format::kGlobalRoles[static_cast<std::size_t>(row.role)].name, family);
  }
  const auto is_up = [](const LayerRow &row) { return row.role == Layer::ffn_up; };
  const auto up = std::find_if(own.layers.begin(), own.layers.end(), is_up);
  const bool fused = up != own.layers.end() && up->origin.names[1] == nullptr;
  const std::span<const LayerRow> all = kLayers, without_fused = all.subspan(1);
  for (const LayerRow &row : own.layers) {
    const std::span<const LayerRow> table = row.role != Layer::ffn_up || !fused ? without_fused
                                            : family.gated                      ? all
                                                                                : all.first(1);
    add_rows<Layer>(row, table, layers);
    check_role(row.role, layers, format::kLayerRoles[static_cast<std::size_t>(row.role)].name, family);
  }
}

Names GgufNames::names() const { return {Dialect::gguf, kPrefixes, "blk.#.", globals, layers, kLeftOut}; }

}  // namespace tidbit::convert
