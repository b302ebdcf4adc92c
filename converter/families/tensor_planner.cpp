#include "converter/families/tensor_planner.h"

#include <algorithm>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

using format::Dim;
using format::LayerKind;
using format::NamedRole;
using format::Need;
using format::Presence;
using format::RoleRow;

std::string scoped_name(const NamedRole &role, bool of_layer, std::uint32_t layer) {
  return (of_layer ? "layer " + std::to_string(layer) + " " : "") + role.name;
}

// Whether two tensors of the same shape have the same values.
bool are_equal(const StoredTensor &a, const StoredTensor &b) {
  std::array<float, 4096> left, right;
  const std::uint64_t count = a.elements();
  for (std::uint64_t first = 0; first < count; first += left.size()) {
    const std::uint64_t n = std::min<std::uint64_t>(left.size(), count - first);
    read_elements(a, first, n, left.data());
    read_elements(b, first, n, right.data());
    if (!std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(n), right.begin())) return false;
  }
  return true;
}

bool is_zero(const StoredTensor &tensor) {
  std::vector<float> values(tensor.elements());
  read_elements(tensor, 0, values.size(), values.data());
  return std::all_of(values.begin(), values.end(), [](float value) { return value == 0; });
}

}  // namespace

GlobalTensors TensorPlanner::globals(std::span<const GlobalRow> rows) {
  return plan_all(rows, format::kGlobalRoles, Scope{});
}

LayerTensors TensorPlanner::layer(std::span<const LayerRow> rows, std::uint32_t index, const LayerKind &kind) {
  return plan_all(rows, format::kLayerRoles, Scope{&kind, index});
}

template <class Role, std::size_t kRoles>
std::array<TensorPlan, kRoles> TensorPlanner::plan_all(std::span<const Row<Role>> rows,
                                                       const NamedRole (&roles)[kRoles], const Scope &scope) {
  std::array<TensorPlan, kRoles> tensors;
  for (const Row<Role> &row : rows) {
    const auto role = static_cast<std::size_t>(row.role);
    tensors[role] = plan(row.origin, roles[role], "weight", scope);
    if (has_bias(row.origin)) tensors[role + 1] = plan(row.origin, roles[role + 1], "bias", scope);
  }
  for (std::size_t i = 0; i < kRoles; ++i) {
    if (tensors[i].role != nullptr || presence(roles[i].row, scope) != Presence::required) continue;
    throw ConvertError(finder_.where() + ": the family does not say where " +
                       scoped_name(roles[i], scope.kind != nullptr, scope.layer) + " comes from");
  }
  return tensors;
}

// Returns a plan without a role if the model has no such tensor.
TensorPlan TensorPlanner::plan(const Origin &origin, const NamedRole &role, const char *suffix, const Scope &scope) {
  if (presence(role.row, scope) == Presence::forbidden) return {};
  TensorPlan tensor{.role = &role.row, .name = scoped_name(role, scope.kind != nullptr, scope.layer)};
  tensor.rows = format::size_of(role.row.rows, model_.config, scope.kind);
  tensor.cols = format::size_of(role.row.cols, model_.config, scope.kind);

  const std::vector<std::string> names = names_of(origin, suffix, scope);
  const auto is_stored = [&](const std::string &name) { return finder_.find(name) != nullptr; };
  const bool stored = std::any_of(names.begin(), names.end(), is_stored);
  if (!stored && origin.compute != nullptr) {
    tensor.sources = {{.rows = tensor.source_rows(), .compute = origin.compute(model_)}};
    return tensor;
  }
  if (!stored && origin.optional) return {};
  const bool transposed = origin.transposed && !tensor.is_vector();
  tensor.sources = origin.alternatives ? take_one_of(names, tensor) : take_parts(names, tensor, transposed, scope);
  return origin.drop_zeros && is_zero(*tensor.sources.front().stored) ? TensorPlan{} : tensor;
}

bool TensorPlanner::has_bias(const Origin &origin) const {
  if (origin.bias == Origin::Bias::by_key) return model_.keys.flag_or(origin.bias_key, false);
  return origin.bias == Origin::Bias::always;
}

Presence TensorPlanner::presence(const RoleRow &role, const Scope &scope) const {
  const void *fields = scope.kind != nullptr ? static_cast<const void *>(scope.kind) : &model_.config;
  return format::presence(role, model_.config, fields);
}

// The roles qkv and ffn_up consist of parts.
TensorPlanner::Parts TensorPlanner::parts_of(const TensorPlan &tensor, const Scope &scope) const {
  const Dim dim = tensor.is_vector() ? tensor.role->cols : tensor.role->rows;
  const LayerKind *kind = scope.kind;
  if (dim == Dim::qkv) {
    const bool turns = kind->rotary_dim != 0;
    return {{format::q_rows(*kind), turns}, {format::k_rows(*kind), turns}, {format::v_rows(*kind), false}};
  }
  if (dim == Dim::up && kind->gated != 0) return {{kind->ffn_width, false}, {kind->ffn_width, false}};
  return {{tensor.source_rows(), false}};
}

std::vector<std::string> TensorPlanner::names_of(const Origin &origin, const char *suffix, const Scope &scope) const {
  std::vector<std::string> names;
  for (const char *name : origin.names) {
    if (name == nullptr) break;
    names.push_back(scope.kind != nullptr ? finder_.layer_name(name, suffix, scope.layer)
                                          : finder_.global_name(name, suffix));
  }
  return names;
}

std::vector<RowSource> TensorPlanner::take_parts(const std::vector<std::string> &names, const TensorPlan &tensor,
                                                 bool transposed, const Scope &scope) {
  const Parts parts = parts_of(tensor, scope);
  if (names.size() != 1 && names.size() != parts.size()) {
    throw ConvertError(finder_.where() + ": the family names " + std::to_string(names.size()) + " tensors for the " +
                       std::to_string(parts.size()) + " parts of " + tensor.name);
  }
  std::vector<RowSource> sources;
  const std::size_t each = names.size() == 1 ? parts.size() : 1;
  for (std::size_t i = 0; i < names.size(); ++i) {
    take(names[i], tensor, transposed, std::span(parts).subspan(i * each, each), scope, sources);
  }
  return sources;
}

// Takes all that are stored, checks that they are equal, and uses the first.
std::vector<RowSource> TensorPlanner::take_one_of(const std::vector<std::string> &names, const TensorPlan &tensor) {
  std::vector<RowSource> found;
  const Part whole = {tensor.source_rows(), false};
  for (const std::string &name : names) {
    if (finder_.find(name) != nullptr) take(name, tensor, false, std::span(&whole, 1), {}, found);
  }
  if (found.empty()) {
    std::string all;
    for (const std::string &name : names) all += (all.empty() ? "\"" : " or \"") + name + "\"";
    throw ConvertError(finder_.where() + ": tensor " + all + " is missing");
  }
  for (const RowSource &other : found) {
    if (other.stored == found.front().stored || are_equal(*other.stored, *found.front().stored)) continue;
    throw ConvertError(finder_.where() + ": by the configuration " + in_quotes(found.front().stored->name) + " and \"" +
                       other.stored->name + "\" are one tensor" +
                       (tensor.role->need == Need::always ? " (tie_word_embeddings)" : "") + ", but they differ");
  }
  found.resize(1);
  return found;
}

// Takes a tensor and appends a source for each part of it.
void TensorPlanner::take(const std::string &name, const TensorPlan &tensor, bool transposed,
                         std::span<const Part> parts, const Scope &scope, std::vector<RowSource> &sources) {
  std::uint64_t rows = 0;
  for (const Part &part : parts) rows += part.rows;
  TensorFinder::Shape shape = {rows, tensor.cols};
  if (tensor.is_vector()) shape = {rows};
  if (transposed) shape = {tensor.cols, rows};
  const StoredTensor *stored = finder_.take_if(name, shape);
  if (stored == nullptr) {
    throw ConvertError(finder_.where() + ": tensor " + in_quotes(name) + " is missing" +
                       (tensor.role->need == Need::untied ? ", and tie_word_embeddings is false" : ""));
  }
  std::uint32_t first = 0;
  for (const Part &part : parts) {
    RowSource source{.rows = part.rows, .stored = stored, .transposed = transposed, .first = first};
    if (part.turns && checkpoint_.rotary_pairs_adjacent) source.pairs_of = scope.kind->head_dim;
    sources.push_back(source);
    first += part.rows;
  }
}

}  // namespace tidbit::convert
