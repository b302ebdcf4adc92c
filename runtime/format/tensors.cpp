// Is every tensor that the configuration asks for there, in its place, with its shape, inside the weights?
#include "format/blob.h"
#include "format/features.h"

namespace tidbit {
namespace {

using format::Config;
using format::Dtype;
using format::Layout;
using format::Role;
using format::Tensor;

enum class Need : std::uint8_t { required, optional, forbidden };
enum class Kind : std::uint8_t {
  matrix,  // tile16, any dtype; tile16x16, q8
  table,   // plain, f32 or f16
  vector,  // plain, f32, one row
};

constexpr std::uint32_t kMaxSegments = 256;

struct Expected {
  Need need;
  Kind kind;
  std::uint64_t rows;  // 0: any number up to kMaxSegments
  std::uint64_t cols;
};

constexpr Expected vector(Need need, std::uint64_t cols) { return {need, Kind::vector, 1, cols}; }

Need when(bool condition) { return condition ? Need::required : Need::forbidden; }

Expected expected_global(Role role, const Config &c) {
  switch (role) {
    case Role::token_embedding:
      return {Need::required, Kind::matrix, c.vocab_size, c.width};
    case Role::position_embedding:
      return {when(c.position == format::Position::table), Kind::table, c.max_context, c.width};
    case Role::segment_embedding:
      return {Need::optional, Kind::table, 0, c.width};
    case Role::rotary_frequencies:
      return vector(when(c.position == format::Position::rotary), c.rotary_dim / 2);
    case Role::final_norm:
    case Role::final_norm_bias:
      return vector(Need::optional, c.width);
    case Role::head:
      return {Need::optional, Kind::matrix, c.vocab_size, c.width};
    case Role::head_bias:
      return vector(Need::optional, c.vocab_size);
    default:
      return {Need::forbidden, Kind::vector, 1, 1};
  }
}

Expected expected_layer(Role role, const Config &c) {
  const std::uint64_t head_dim = c.head_dim;
  const std::uint64_t attention = c.heads * head_dim;
  const std::uint64_t qkv = attention + 2 * (c.kv_heads * head_dim);
  const std::uint64_t up = std::uint64_t{c.ffn_width} * (c.gated != 0 ? 2 : 1);
  switch (role) {
    case Role::attention_norm:
    case Role::ffn_norm:
      return vector(Need::required, c.width);
    case Role::attention_norm_bias:
    case Role::ffn_norm_bias:
    case Role::attention_out_bias:
    case Role::ffn_down_bias:
      return vector(Need::optional, c.width);
    case Role::qkv:
      return {Need::required, Kind::matrix, qkv, c.width};
    case Role::qkv_bias:
      return vector(Need::optional, qkv);
    case Role::attention_out:
      return {Need::required, Kind::matrix, c.width, attention};
    case Role::ffn_up:
      return {Need::required, Kind::matrix, up, c.width};
    case Role::ffn_up_bias:
      return vector(Need::optional, up);
    case Role::ffn_down:
      return {Need::required, Kind::matrix, c.width, c.ffn_width};
    default:
      return {Need::forbidden, Kind::vector, 1, 1};
  }
}

bool has_kind(const Tensor &t, Kind kind) {
  switch (kind) {
    case Kind::matrix:
      return (t.layout == Layout::tile16 && t.dtype <= Dtype::q4) ||
             (t.layout == Layout::tile16x16 && t.dtype == Dtype::q8);
    case Kind::table:
      return t.layout == Layout::plain && t.dtype <= Dtype::f16;
    case Kind::vector:
      return t.layout == Layout::plain && t.dtype == Dtype::f32;
  }
  return false;
}

bool is_built_in(const Tensor &matrix) {
  return features::has_weights(matrix.dtype) && (features::kTile16x16 || matrix.layout == Layout::tile16);
}

bool has_group(const Tensor &t) {
  if (!format::in_groups(t.dtype)) return t.group == 0;
  return t.group != 0 && t.group <= format::kMaxGroup && t.group % format::kPair == 0;
}

bool lies_in(const Tensor &t, const format::Section &weights) {
  if (t.offset % format::kAlignment != 0 || t.offset < weights.offset) return false;
  const std::uint64_t inside = t.offset - weights.offset;
  return inside <= weights.bytes && t.bytes <= weights.bytes - inside;
}

bool has_shape(const Tensor &t, const Expected &want) {
  const bool rows = want.rows != 0 ? t.rows == want.rows : t.rows >= 1 && t.rows <= kMaxSegments;
  return rows && t.cols == want.cols && t.bytes == format::tensor_bytes(t.dtype, t.layout, t.rows, t.cols, t.group);
}

bool is_sound(const Tensor &t, const Expected &want, const format::Section &weights) {
  return want.need != Need::forbidden && has_kind(t, want.kind) && has_group(t) && has_shape(t, want) &&
         lies_in(t, weights);
}

// Walks the table in its order; `slots` of the first layer are the pattern of all others.
class TensorCheck {
 public:
  TensorCheck(Model &model, const format::Section &weights) : model_(model), weights_(weights) {}

  Refusal run() {
    const Config &c = model_.config();
    const auto global = [&](Role role) { return expected_global(role, c); };
    const auto layer = [&](Role role) { return expected_layer(role, c); };
    if (Refusal r = scope(format::kGlobal, 0, model_.global_slot, kGlobalRoles, global); r.refused()) return r;
    model_.global_tensors = next_;
    for (std::uint32_t i = 0; i < c.layers; ++i) {
      std::uint8_t slots[kLayerRoles];
      if (Refusal r = scope(i, format::kFirstLayerRole, slots, kLayerRoles, layer); r.refused()) return r;
      if (i == 0) {
        __builtin_memcpy(model_.layer_slot, slots, sizeof slots);
        model_.layer_tensors = next_ - model_.global_tensors;
      } else if (__builtin_memcmp(model_.layer_slot, slots, sizeof slots) != 0) {
        return refuse(next_ - 1);
      }
    }
    if (next_ != model_.header->tensor_count) return refuse(next_);
    const bool bias_alone =
        model_.global(Role::final_norm) == nullptr && model_.global(Role::final_norm_bias) != nullptr;
    return bias_alone ? refuse(0) : Refusal{};
  }

 private:
  template <class Expect>
  Refusal scope(std::uint32_t layer, std::uint32_t first_role, std::uint8_t *slots, std::uint32_t roles,
                Expect expect) {
    const std::uint32_t start = next_;
    for (std::uint32_t i = 0; i < roles; ++i) {
      const auto role = static_cast<Role>(first_role + i);
      const Expected want = expect(role);
      const bool here = next_ < model_.header->tensor_count && model_.tensors[next_].role == role &&
                        model_.tensors[next_].layer == layer;
      slots[i] = here ? static_cast<std::uint8_t>(next_ - start) : Model::kAbsent;
      if (!here && want.need == Need::required) return refuse(next_);
      if (here && !is_sound(model_.tensors[next_], want, weights_)) return refuse(next_);
      if (here && want.kind == Kind::matrix && !is_built_in(model_.tensors[next_])) {
        return refuse(next_, TIDBIT_ERR_UNSUPPORTED);
      }
      next_ += here ? 1 : 0;
    }
    return {};
  }

  Refusal refuse(std::uint32_t index, tidbit_status status = TIDBIT_ERR_TENSOR) const {
    const std::uint32_t last = model_.header->tensor_count == 0 ? 0 : model_.header->tensor_count - 1;
    const format::Tensor *where = model_.tensors + (index < last ? index : last);
    return {status, static_cast<std::uint64_t>(reinterpret_cast<const std::byte *>(where) - model_.blob)};
  }

  Model &model_;
  const format::Section &weights_;
  std::uint32_t next_ = 0;
};

}  // namespace

Refusal check_tensors(Model &model) {
  const format::Section *weights = model.section(format::SectionKind::weights);
  if (weights == nullptr) return {TIDBIT_ERR_TENSOR, sizeof(format::Header)};
  return TensorCheck(model, *weights).run();
}

}  // namespace tidbit
