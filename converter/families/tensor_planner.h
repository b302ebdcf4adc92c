// Finds the tensors of each role in a checkpoint by the names in the family's rows.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "converter/families/family.h"
#include "converter/families/model_plan.h"
#include "converter/families/tensor_finder.h"

namespace tidbit::convert {

// Consecutive rows of a role's tensor, and where they are in a stored tensor that has the whole role.
struct PartOfRole {
  std::uint32_t rows = 0;
  bool turns = false;  // rows of heads that are rotated
  std::uint32_t first = 0;
  std::uint32_t step = 1;
};

class TensorPlanner {
 public:
  // Both must outlive the planner, and the checkpoint also its plans.
  TensorPlanner(TensorFinder &finder, const Reading &model) : finder_(finder), model_(model) {}

  // Both throw ConvertError if a required tensor is missing.
  GlobalTensors globals(std::span<const GlobalRow> rows);
  LayerTensors layer(std::span<const LayerRow> rows, std::uint32_t index, const format::LayerKind &kind);

 private:
  // The model as a whole, or a layer.
  struct Scope {
    const format::LayerKind *kind = nullptr;
    std::uint32_t layer = 0;
  };
  using Part = PartOfRole;
  using Parts = std::vector<Part>;
  // The role's tensor as the sources see it.
  struct Target {
    const TensorPlan &tensor;
    const Origin &origin;
    const Scope &scope;
  };

  template <class Role, std::size_t kRoles>
  std::array<TensorPlan, kRoles> plan_all(std::span<const Row<Role>> rows, const format::NamedRole (&roles)[kRoles],
                                          const Scope &scope);
  TensorPlan plan(const Origin &origin, const format::NamedRole &role, const char *suffix, const Scope &scope);

  template <class Role>
  void check_alternatives(std::span<const Row<Role>> rows, const Row<Role> &chosen, const Scope &scope);

  bool has_bias(const Origin &origin, const Scope &scope) const;
  std::size_t stored(const Origin &origin, const char *suffix, const Scope &scope) const;  // how many of the names
  bool is_stored(const Origin &origin, const char *suffix, const Scope &scope) const;
  format::Presence presence(const format::RoleRow &role, const Scope &scope) const;
  std::vector<std::string> names_of(const Origin &origin, const char *suffix, const Scope &scope) const;
  Parts parts_of(const Target &target) const;
  std::uint32_t items_of(const Target &target) const;
  bool has_own_weights(const Target &target) const;
  std::uint32_t item_rows(const Target &target) const;

  std::vector<RowSource> take_parts(const std::vector<std::string> &names, const Parts &parts, const Target &target);
  std::vector<RowSource> take_items(const std::vector<std::string> &names, const Target &target);
  std::vector<RowSource> take_slices(const std::string &name, const Parts &parts, const Target &target);
  std::vector<RowSource> take_one_of(const std::vector<std::string> &names, const Target &target);
  const StoredTensor &take(const std::string &name, const TensorFinder::Shape &shape, const TensorPlan &tensor);
  RowSource source_of(const StoredTensor &stored, const Part &part, std::uint32_t first, const Target &target) const;

  TensorFinder &finder_;
  const Reading &model_;
};

}  // namespace tidbit::convert
