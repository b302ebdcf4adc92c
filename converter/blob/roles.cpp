#include "converter/blob/roles.h"

#include "format/tensor_layout.h"

namespace tidbit::convert {
namespace {

using format::Dtype;
using format::Layout;
using format::Role;

const char *role_name(Role role) {
  switch (role) {
    case Role::token_embedding:
      return "token_embedding";
    case Role::position_embedding:
      return "position_embedding";
    case Role::segment_embedding:
      return "segment_embedding";
    case Role::rotary_frequencies:
      return "rotary_frequencies";
    case Role::final_norm:
      return "final_norm";
    case Role::final_norm_bias:
      return "final_norm_bias";
    case Role::head:
      return "head";
    case Role::head_bias:
      return "head_bias";
    case Role::attention_norm:
      return "attention_norm";
    case Role::attention_norm_bias:
      return "attention_norm_bias";
    case Role::qkv:
      return "qkv";
    case Role::qkv_bias:
      return "qkv_bias";
    case Role::attention_out:
      return "attention_out";
    case Role::attention_out_bias:
      return "attention_out_bias";
    case Role::ffn_norm:
      return "ffn_norm";
    case Role::ffn_norm_bias:
      return "ffn_norm_bias";
    case Role::ffn_up:
      return "ffn_up";
    case Role::ffn_up_bias:
      return "ffn_up_bias";
    case Role::ffn_down:
      return "ffn_down";
    case Role::ffn_down_bias:
      return "ffn_down_bias";
    case Role::global_count:
    case Role::layer_end:
      break;
  }
  return "?";
}

// Tables are looked up row by row and added: plain, and never in groups.
bool is_table(Role role) { return role == Role::position_embedding || role == Role::segment_embedding; }

}  // namespace

std::string tensor_name(Role role, std::uint16_t layer) {
  return (layer == format::kGlobal ? "" : "layer " + std::to_string(layer) + " ") + role_name(role);
}

format::Tensor tensor_entry(const TensorPlan &plan, Dtype weights, Layout q8_layout) {
  format::Tensor entry = {};
  entry.role = plan.role;
  entry.layer = plan.layer;
  entry.rows = plan.is_vector ? 1 : plan.rows;
  entry.cols = plan.is_vector ? plan.rows : plan.cols;
  const bool plain = plan.is_vector || is_table(plan.role);
  entry.layout = plain ? Layout::plain : weights == Dtype::q8 ? q8_layout : Layout::tile16;
  entry.dtype = plan.is_vector ? Dtype::f32 : weights;
  if (is_table(plan.role) && weights != Dtype::f32) entry.dtype = Dtype::f16;
  entry.group = format::in_groups(entry.dtype) ? format::kDefaultGroup : 0;
  entry.bytes = format::tensor_bytes(entry.dtype, entry.layout, entry.rows, entry.cols, entry.group);
  return entry;
}

}  // namespace tidbit::convert
