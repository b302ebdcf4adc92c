// Checks that every tensor that the role table requires is present, in its slot, with its shape, inside the weights
// section.
#include "base/features.h"
#include "format/formats.h"
#include "open/check.h"

namespace tidbit {
namespace {

using format::Format;
using format::InputTransform;
using format::NamedRole;
using format::Need;
using format::Presence;
using format::RoleRow;
using format::Slot;
using format::Tensor;
using format::TensorKind;

// The role table without its names.
template <std::size_t n>
struct Rows {
  RoleRow rows[n];
};

template <std::size_t n>
consteval Rows<n> rows_of(const NamedRole *roles) {
  Rows<n> rows{};
  for (std::size_t i = 0; i < n; ++i) {
    rows.rows[i] = roles[i].row;
    if constexpr (features::kAnyLayerPart) continue;
    Need &need = rows.rows[i].need;
    if (need == Need::attention || need == Need::dense) need = Need::always;
    if (need == Need::attention_bias || need == Need::dense_bias) need = Need::optional;
  }
  return rows;
}

// A build without these parts does not know their roles.
constexpr auto kGlobalRows = rows_of < features::kAnyLayerPart ? static_cast<std::size_t>(format::GlobalRole::count)
                                                               : format::kPlainGlobalRoles > (format::kGlobalRoles);
constexpr auto kLayerRows = rows_of < features::kAnyLayerPart ? static_cast<std::size_t>(format::LayerRole::count)
                                                              : format::kPlainLayerRoles > (format::kLayerRoles);

bool has_format(const Tensor &t, TensorKind kind) {
  switch (kind) {
    case TensorKind::matrix:
      return static_cast<std::uint32_t>(t.format) < format::kFormats;
    case TensorKind::table:
      return t.format <= Format::f16;
    case TensorKind::vector:
      return t.format == Format::f32;
  }
  return false;
}

bool has_group(const Tensor &t, bool in_groups) {
  if (!in_groups) return t.group == 0;
  return t.group != 0 && t.group <= format::kMaxGroup && t.group % format::kPair == 0;
}

// Rows of the token embedding are read as they are, also if it is the head.
bool may_transform(const Tensor &t, const RoleRow &row) {
  constexpr auto kEmbedding = static_cast<std::size_t>(format::GlobalRole::token_embedding);
  return t.transform == InputTransform::hadamard && &row != &kGlobalRows.rows[kEmbedding] && t.group != 0 &&
         format::kHadamardBlock % t.group == 0;
}

// The roles of the model or of one layer kind, and what they are checked against.
struct Scope {
  const RoleRow *rows;
  std::uint32_t roles;
  const Slot *slots;
  std::uint32_t slot_count;
  const format::LayerKind *kind;  // null for the model

  template <std::size_t n>
  Scope(const Rows<n> &table, const Slot *at, std::uint32_t count, const format::LayerKind *k)
      : rows(table.rows), roles(n), slots(at), slot_count(count), kind(k) {}
};

class TensorCheck : Check {
 public:
  TensorCheck(Model &m, const format::Section &weights, Refusal &refusal)
      : Check(m, refusal), c_(m.config()), weights_(weights) {}

  bool run() {
    const format::Stack &stack = model.decoder();
    const Scope global(kGlobalRows, model.header->global_slots, format::kGlobalSlots, nullptr);
    std::uint32_t globals = 0, most = 0;
    if (!check_slots(global, &globals)) return false;
    for (std::uint32_t i = 0; i < stack.kinds; ++i) {
      std::uint32_t used = 0;
      if (!check_slots(scope_of(model.kinds[i]), &used)) return false;
      if (used > most) most = used;
    }
    if (stack.first_tensor != globals) return fail(&stack.first_tensor);
    if (stack.layer_tensors != most) return fail(&stack.layer_tensors);
    if (model.header->tensor_count != globals + stack.layers * most) return fail(&model.header->tensor_count);

    if (!check_entries(global, model.tensors, globals)) return false;
    for (std::uint32_t i = 0; i < stack.layers; ++i) {
      const LayerView layer = model.layer(i);
      if (!check_entries(scope_of(*layer.kind), layer.tensors, most)) return false;
    }
    return true;
  }

 private:
  static Scope scope_of(const format::LayerKind &kind) {
    return Scope(kLayerRows, kind.slots, format::kLayerSlots, &kind);
  }

  bool fail(const void *where) { return refuse(where, TIDBIT_ERR_TENSOR); }

  // Slots ascend without gaps, and the roles with a slot are those that the configuration needs. A slot for a role that
  // this library does not know is refused, because ignoring the tensor would change what is computed.
  bool check_slots(const Scope &scope, std::uint32_t *used) {
    for (std::uint32_t i = 0; i < scope.slot_count; ++i) {
      const Slot &slot = scope.slots[i];
      const bool there = slot != format::kAbsent;
      if (i >= scope.roles) {
        if (there) return refuse(&slot, TIDBIT_ERR_UNSUPPORTED);
        continue;
      }
      if (there && slot != (*used)++) return fail(&slot);
      const void *fields = scope.kind != nullptr ? static_cast<const void *>(scope.kind) : &c_;
      const Presence wanted = format::presence(scope.rows[i], c_, fields);
      if (wanted == (there ? Presence::forbidden : Presence::required)) return fail(&slot);
    }
    return true;
  }

  // Checks the tensors of the scope's roles. The rest of the `count` entries is zeros.
  bool check_entries(const Scope &scope, const Tensor *tensors, std::uint32_t count) {
    std::uint32_t next = 0;
    for (std::uint32_t i = 0; i < scope.roles; ++i) {
      if (scope.slots[i] == format::kAbsent) continue;
      const Tensor &t = tensors[next++];
      const RoleRow &row = scope.rows[i];
      if (!has_format(t, row.kind)) return fail(&t);
      const bool matrix = row.kind == TensorKind::matrix;
      if (matrix && !features::has_weights(t.format)) return refuse(&t, TIDBIT_ERR_UNSUPPORTED);
      if (t.transform != InputTransform::none) {
        if (!may_transform(t, row)) return fail(&t);
        if (!features::kHadamard) return refuse(&t, TIDBIT_ERR_UNSUPPORTED);
      }
      if (!is_sound(t, matrix, size_of(row.rows, c_, scope.kind), size_of(row.cols, c_, scope.kind))) return fail(&t);
    }
    return all_zero(tensors + next, (count - next) * sizeof(Tensor)) || fail(tensors + next);
  }

  bool is_sound(const Tensor &t, bool matrix, std::uint32_t rows, std::uint32_t cols) const {
    if (t.reserved1 != 0 || t.rows != rows || t.cols != cols) return false;
    if (!has_group(t, matrix && format::in_groups(t.format))) return false;
    const std::uint64_t bytes = matrix ? format::matrix_bytes(t.format, rows, cols, t.group)
                                       : format::plain_bytes(t.format, std::uint64_t{rows} * cols);
    return t.bytes == bytes && is_inside(t);
  }

  bool is_inside(const Tensor &t) const {
    if (t.offset % format::kAlignment != 0 || t.offset < weights_.offset) return false;
    const std::uint64_t inside = t.offset - weights_.offset;
    return inside <= weights_.bytes && t.bytes <= weights_.bytes - inside;
  }

  const format::Config &c_;
  const format::Section &weights_;
};

}  // namespace

bool check_tensors(Model &model, Refusal &refusal) {
  if (const format::Section *weights = model.section(format::SectionKind::weights)) {
    return TensorCheck(model, *weights, refusal).run();
  }
  refusal = {TIDBIT_ERR_TENSOR, offsetof(format::Header, section_count)};
  return false;
}

}  // namespace tidbit
