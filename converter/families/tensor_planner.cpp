#include "converter/families/tensor_planner.h"

#include <algorithm>
#include <cstring>

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
  if (a.file == b.file && a.offset == b.offset && a.layout == b.layout && a.update == b.update) {
    return true;
  }
  if (a.layout != b.layout) return false;
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

using Part = PartOfRole;

// Parts whose rows follow each other.
std::vector<Part> after_another(std::vector<Part> parts) {
  std::uint32_t first = 0;
  for (Part &part : parts) {
    part.first = first;
    first += part.rows;
  }
  return parts;
}

// For each key-value head, its queries, its key and its value follow each other.
std::vector<Part> in_groups(const LayerKind &kind, bool turns) {
  const std::uint32_t queries = kind.heads / kind.kv_heads * kind.head_dim,
                      group = queries + kind.head_dim + kind.value_dim;
  std::vector<Part> parts;
  parts.reserve(std::size_t{3} * kind.kv_heads);
  for (std::uint32_t h = 0; h < kind.kv_heads; ++h) parts.push_back({queries, turns, h * group});
  for (std::uint32_t h = 0; h < kind.kv_heads; ++h) parts.push_back({kind.head_dim, turns, h * group + queries});
  for (std::uint32_t h = 0; h < kind.kv_heads; ++h)
    parts.push_back({kind.value_dim, false, h * group + queries + kind.head_dim});
  return parts;
}

// Four times a quarter of the rows of q, of v and of k.
std::vector<Part> in_quarters(const LayerKind &kind, bool turns) {
  const std::uint32_t rows = format::q_rows(kind) / 4;
  std::vector<Part> parts;
  parts.reserve(12);
  for (const std::uint32_t place : {0u, 2u, 1u}) {
    for (std::uint32_t i = 0; i < 4; ++i) parts.push_back({rows, turns && place != 1, (3 * i + place) * rows});
  }
  return parts;
}

[[noreturn]] void refuse_columns(const StoredTensor &stored) {
  throw ConvertError(stored.file->path().string() + ": tensor " + in_quotes(stored.name) +
                     " is a transposed view; save tensor.contiguous() instead");
}

// A matrix whose columns follow each other is the transpose of one whose rows do.
void turn(RowSource &source, const TensorPlan &tensor) {
  if (tensor.is_vector()) refuse_columns(*source.stored);
  const auto turned = std::make_shared<StoredTensor>(*source.stored);
  std::swap(turned->shape.at(0), turned->shape.at(1));
  turned->layout = Layout::rows;
  source.stored = turned.get();
  source.slice = turned;
  source.transposed = !source.transposed;
}

ComputeRow zeros(std::uint32_t cols) {
  return [cols](std::uint32_t, float *out) { std::fill_n(out, cols, 0.0f); };
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
  std::array<const Row<Role> *, kRoles> chosen = {};
  for (const Row<Role> &row : rows) {
    const Row<Role> *&choice = chosen[static_cast<std::size_t>(row.role)];
    if (choice == nullptr || stored(row.origin, "weight", scope) > stored(choice->origin, "weight", scope)) {
      choice = &row;
    }
  }
  std::array<TensorPlan, kRoles> tensors;
  for (std::size_t role = 0; role < kRoles; ++role) {
    if (chosen[role] == nullptr) continue;
    const Origin &origin = chosen[role]->origin;
    if (presence(roles[role].row, scope) == Presence::required) check_alternatives(rows, *chosen[role], scope);
    tensors[role] = plan(origin, roles[role], "weight", scope);
    if (has_bias(origin, scope)) tensors[role + 1] = plan(origin, roles[role + 1], "bias", scope);
  }
  for (std::size_t i = 0; i < kRoles; ++i) {
    if (tensors[i].role != nullptr || presence(roles[i].row, scope) != Presence::required) continue;
    throw ConvertError(finder_.where() + ": the family does not say where " +
                       scoped_name(roles[i], scope.kind != nullptr, scope.layer) + " comes from");
  }
  return tensors;
}

// Throws if a role has several rows and none of their tensors is stored. An error then names all.
template <class Role>
void TensorPlanner::check_alternatives(std::span<const Row<Role>> rows, const Row<Role> &chosen, const Scope &scope) {
  std::vector<std::string> names;
  for (const Row<Role> &row : rows) {
    const std::vector<std::string> of_row = names_of(row.origin, "weight", scope);
    if (row.role == chosen.role && !of_row.empty()) names.push_back(item_name(of_row[0], 0));
  }
  if (names.size() < 2 || is_stored(chosen.origin, "weight", scope)) return;
  std::string all;
  for (const std::string &name : names) all += (all.empty() ? "" : " or ") + in_quotes(name);
  throw ConvertError(finder_.where() + ": tensor " + all + " is missing" + finder_.instead_of(names.front()));
}

// Returns a plan without a role if the model has no such tensor.
TensorPlan TensorPlanner::plan(const Origin &origin, const NamedRole &role, const char *suffix, const Scope &scope) {
  if (presence(role.row, scope) == Presence::forbidden) return {};
  TensorPlan tensor{.role = &role.row, .name = scoped_name(role, scope.kind != nullptr, scope.layer)};
  tensor.rows = format::size_of(role.row.rows, model_.config, scope.kind);
  tensor.cols = format::size_of(role.row.cols, model_.config, scope.kind);

  const bool stored = is_stored(origin, suffix, scope);
  if (origin.compute != nullptr && (!stored || origin.always_computed)) {
    Reading of_layer = model_;
    of_layer.layer = scope.layer;
    tensor.sources = {{.rows = tensor.source_rows(), .compute = origin.compute(of_layer)}};
    if (tensor.sources[0].compute != nullptr) return tensor;
  }
  if (!stored && origin.optional) return {};
  const Target target{tensor, origin, scope};
  const std::vector<std::string> names = names_of(origin, suffix, scope);
  if (origin.alternatives) {
    tensor.sources = take_one_of(names, target);
  } else if (items_of(target) != 0) {
    tensor.sources = take_items(names, target);
  } else {
    tensor.sources = take_parts(names, parts_of(target), target);
  }
  if (*suffix == 'w') {
    for (std::size_t i = 0; i < tensor.sources.size(); ++i)
      tensor.sources[i].map = origin.maps[std::min<std::size_t>(i, 1)];
  }
  return origin.drop_zeros && is_zero(*tensor.sources.front().stored) ? TensorPlan{} : tensor;
}

bool TensorPlanner::has_bias(const Origin &origin, const Scope &scope) const {
  if (origin.bias == Origin::Bias::if_stored) {
    const char *name = origin.names[0];
    return name != nullptr && std::strchr(name, '*') != nullptr && is_stored(origin, "bias", scope);
  }
  if (origin.bias == Origin::Bias::by_key) return model_.keys.flag_or(origin.bias_key, origin.bias_default);
  return origin.bias == Origin::Bias::always;
}

std::size_t TensorPlanner::stored(const Origin &origin, const char *suffix, const Scope &scope) const {
  const std::vector<std::string> names = names_of(origin, suffix, scope);
  return static_cast<std::size_t>(std::count_if(names.begin(), names.end(), [&](const std::string &name) {
    return finder_.find(item_name(name, 0)) != nullptr;
  }));
}
bool TensorPlanner::is_stored(const Origin &origin, const char *suffix, const Scope &scope) const {
  return stored(origin, suffix, scope) > 0;
}

Presence TensorPlanner::presence(const RoleRow &role, const Scope &scope) const {
  const void *fields = scope.kind != nullptr ? static_cast<const void *>(scope.kind) : &model_.config;
  return format::presence(role, model_.config, fields);
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

// The roles qkv, ffn_up and expert_up (of one expert) consist of parts.
TensorPlanner::Parts TensorPlanner::parts_of(const Target &target) const {
  using Order = Origin::Order;
  const TensorPlan &tensor = target.tensor;
  const LayerKind *kind = target.scope.kind;
  const Dim dim = tensor.is_vector() ? tensor.role->cols : tensor.role->rows;
  if (kind == nullptr) return {{tensor.source_rows()}};
  const bool turns = kind->rotary_dim != 0;
  if (dim == Dim::qkv) {
    const Parts whole = {
        {format::q_rows(*kind), turns}, {format::k_rows(*kind), turns}, {format::v_rows(*kind), false}};
    if (target.origin.order == Order::groups) return in_groups(*kind, turns);
    return target.origin.order == Order::quarters ? in_quarters(*kind, turns) : after_another(whole);
  }
  if (dim == Dim::up || dim == Dim::expert_up) {
    const std::uint32_t rows = dim == Dim::up ? kind->ffn_width : kind->expert_width;
    if (kind->gated == 0) return {{rows}};
    if (target.origin.order == Order::interleaved) return {{rows, false, 0, 2}, {rows, false, 1, 2}};
    return after_another({{rows}, {rows}});
  }
  if (dim == Dim::two) return after_another({{1}, {1}});
  if (dim == Dim::expert_down) return {{model_.config.width}};
  if (dim == Dim::q_norm || dim == Dim::k_norm) return {{tensor.source_rows(), turns}};
  return {{tensor.source_rows()}};
}

// How many experts, or heads with a norm of their own, the role's tensor is stacked from; 0: it is not.
std::uint32_t TensorPlanner::items_of(const Target &target) const {
  const RoleRow &role = *target.tensor.role;
  const Dim dim = role.kind == format::TensorKind::vector ? role.cols : role.rows;
  const LayerKind *kind = target.scope.kind;
  if (dim == Dim::expert_up || dim == Dim::expert_down) return kind->experts;
  const bool by_head = target.origin.names[0] != nullptr && std::strchr(target.origin.names[0], '@') != nullptr;
  return by_head ? target.tensor.source_rows() / kind->head_dim : 0;
}

// Whether the tensor has the norms of all heads, [heads][head_dim].
bool TensorPlanner::has_own_weights(const Target &target) const {
  const Dim dim = target.tensor.role->cols;
  const bool of_heads = dim == Dim::q_norm || dim == Dim::k_norm;
  return of_heads && items_of(target) == 0 && target.scope.kind->qk_norm_scope == format::QkNormScope::own_weights;
}

// Rows of an item in the blob.
std::uint32_t TensorPlanner::item_rows(const Target &target) const {
  return target.tensor.source_rows() / std::max(items_of(target), 1u);
}

// From one tensor for all parts, or from one for each part.
std::vector<RowSource> TensorPlanner::take_parts(const std::vector<std::string> &names, const Parts &parts,
                                                 const Target &target) {
  if (names.size() != 1 && names.size() != parts.size()) {
    throw ConvertError(finder_.where() + ": the family names " + std::to_string(names.size()) + " tensors for the " +
                       std::to_string(parts.size()) + " parts of " + target.tensor.name);
  }
  std::vector<RowSource> sources;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto own = names.size() == 1 ? std::span(parts) : std::span(parts).subspan(i, 1);
    std::uint32_t rows = 0;
    for (const Part &part : own) rows += part.rows;
    TensorFinder::Shape shape = {rows + target.origin.skipped, target.tensor.source_cols()};
    if (target.origin.transposed && !target.tensor.is_vector()) std::swap(shape[0], shape[1]);
    if (target.tensor.is_vector() && target.tensor.rows != 1) shape = {target.tensor.rows, target.tensor.cols};
    if (has_own_weights(target)) shape = {rows / target.scope.kind->head_dim, target.scope.kind->head_dim};
    const StoredTensor &stored = take(names[i], shape, target.tensor);
    for (const Part &part : own)
      sources.push_back(source_of(stored, part, (names.size() == 1 ? part.first : 0) + target.origin.skipped, target));
  }
  return sources;
}

// Experts one below the other, each padded with rows of zeros; heads without padding.
std::vector<RowSource> TensorPlanner::take_items(const std::vector<std::string> &names, const Target &target) {
  const std::uint32_t items = items_of(target), rows = item_rows(target);
  const bool apart = names[0].find('@') != std::string::npos;
  Parts parts = parts_of(target);
  if (target.tensor.role->need == Need::norm || target.tensor.role->need == Need::norm_bias)
    parts = {{rows, parts[0].turns}};
  std::vector<RowSource> stacked;
  // The slices of each stacked tensor: of all parts, or of one.
  std::vector<std::vector<RowSource>> slices;
  for (std::size_t i = 0; !apart && i < names.size(); ++i) {
    const Parts own = names.size() == 1 ? parts : Parts{{parts.at(i).rows, parts[i].turns}};
    slices.push_back(take_slices(names[i], own, target));
  }
  for (std::uint32_t item = 0; item < items; ++item) {
    std::vector<RowSource> sources;
    if (apart) {
      std::vector<std::string> of_item;
      of_item.reserve(names.size());
      for (const std::string &name : names) of_item.push_back(item_name(name, item));
      sources = take_parts(of_item, parts, target);
    } else {
      for (const std::vector<RowSource> &all : slices) {
        const auto each = static_cast<std::ptrdiff_t>(all.size() / items);
        sources.insert(sources.end(), all.begin() + item * each, all.begin() + (item + 1) * each);
      }
    }
    std::uint32_t used = 0;
    for (const RowSource &source : sources) used += source.rows;
    if (used < rows) sources.push_back({.rows = rows - used, .compute = zeros(target.tensor.source_cols())});
    stacked.insert(stacked.end(), sources.begin(), sources.end());
  }
  return stacked;
}

// The parts of each item of a tensor that has all of them: [items][rows][cols].
std::vector<RowSource> TensorPlanner::take_slices(const std::string &name, const Parts &parts, const Target &target) {
  const std::uint32_t items = items_of(target);
  std::uint32_t rows = 0;
  for (const Part &part : parts) rows += part.rows;
  TensorFinder::Shape shape = {items, rows, target.tensor.source_cols()};
  if (target.origin.transposed && !target.tensor.is_vector()) std::swap(shape[1], shape[2]);
  const StoredTensor &all = take(name, shape, target.tensor);
  std::vector<RowSource> sources;
  for (std::uint32_t item = 0; item < items; ++item) {
    auto slice = std::make_shared<StoredTensor>(all);
    slice->shape = {shape[1], shape[2]};
    slice->offset += item * slice->bytes();
    for (const Part &part : parts) {
      sources.push_back(source_of(*slice, part, part.first, target));
      sources.back().slice = slice;
    }
  }
  return sources;
}

// Takes all that are stored, checks that they are equal, and uses the first.
std::vector<RowSource> TensorPlanner::take_one_of(const std::vector<std::string> &names, const Target &target) {
  std::vector<const StoredTensor *> found;
  const TensorPlan &tensor = target.tensor;
  for (const std::string &name : names) {
    if (finder_.find(name) != nullptr)
      found.push_back(&take(name, {tensor.source_rows(), tensor.source_cols()}, tensor));
  }
  if (found.empty()) {
    std::string all;
    for (const std::string &name : names) all += (all.empty() ? "\"" : " or \"") + name + "\"";
    throw ConvertError(finder_.where() + ": tensor " + all + " is missing" + finder_.instead_of(names.front()));
  }
  for (const StoredTensor *other : found) {
    if (other == found.front() || are_equal(*other, *found.front())) continue;
    throw ConvertError(finder_.where() + ": by the configuration " + in_quotes(found.front()->name) + " and \"" +
                       other->name + "\" are one tensor" +
                       (tensor.role->need == Need::always ? " (tie_word_embeddings)" : "") + ", but they differ");
  }
  return {source_of(*found.front(), {tensor.source_rows()}, 0, target)};
}

const StoredTensor &TensorPlanner::take(const std::string &name, const TensorFinder::Shape &shape,
                                        const TensorPlan &tensor) {
  const StoredTensor *stored = finder_.take_if(name, shape);
  if (stored != nullptr) return *stored;
  throw ConvertError(finder_.where() + ": tensor " + in_quotes(name) + " is missing" +
                     (tensor.role->need == Need::untied ? ", and tie_word_embeddings is false" : "") +
                     finder_.instead_of(name));
}

// `first` is the row of `stored` at which the part begins.
RowSource TensorPlanner::source_of(const StoredTensor &stored, const Part &part, std::uint32_t first,
                                   const Target &target) const {
  RowSource source{.rows = part.rows, .stored = &stored, .first = first, .step = part.step};
  source.transposed = target.origin.transposed && !target.tensor.is_vector();
  if (stored.layout == Layout::columns) turn(source, target.tensor);
  if (part.turns && model_.pairs_adjacent) {
    if (stored.layout == Layout::columns) refuse_columns(stored);
    source.head = target.scope.kind->head_dim;
    source.turned = target.scope.kind->rotary_dim;
  }
  return source;
}

}  // namespace tidbit::convert
