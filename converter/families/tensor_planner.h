// Finds the tensors of each role in a checkpoint by the names in the family's rows.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "converter/families/family.h"
#include "converter/families/model_plan.h"
#include "converter/families/tensor_finder.h"

namespace tidbit::convert {

class TensorPlanner {
 public:
  // All three must outlive the planner, and the checkpoint also its plans.
  TensorPlanner(const Checkpoint &checkpoint, TensorFinder &finder, const Reading &model)
      : checkpoint_(checkpoint), finder_(finder), model_(model) {}

  // Both throw ConvertError if a required tensor is missing.
  GlobalTensors globals(std::span<const GlobalRow> rows);
  LayerTensors layer(std::span<const LayerRow> rows, std::uint32_t index, const format::LayerKind &kind);

 private:
  // The model as a whole, or a layer.
  struct Scope {
    const format::LayerKind *kind = nullptr;
    std::uint32_t layer = 0;
  };
  // One part of a role: its rows, and whether they are heads with rotary positions.
  struct Part {
    std::uint32_t rows = 0;
    bool turns = false;
  };
  using Parts = std::vector<Part>;

  template <class Role, std::size_t kRoles>
  std::array<TensorPlan, kRoles> plan_all(std::span<const Row<Role>> rows, const format::NamedRole (&roles)[kRoles],
                                          const Scope &scope);
  TensorPlan plan(const Origin &origin, const format::NamedRole &role, const char *suffix, const Scope &scope);

  bool has_bias(const Origin &origin) const;
  format::Presence presence(const format::RoleRow &role, const Scope &scope) const;
  Parts parts_of(const TensorPlan &tensor, const Scope &scope) const;
  std::vector<std::string> names_of(const Origin &origin, const char *suffix, const Scope &scope) const;

  std::vector<RowSource> take_parts(const std::vector<std::string> &names, const TensorPlan &tensor, bool transposed,
                                    const Scope &scope);
  std::vector<RowSource> take_one_of(const std::vector<std::string> &names, const TensorPlan &tensor);
  void take(const std::string &name, const TensorPlan &tensor, bool transposed, std::span<const Part> parts,
            const Scope &scope, std::vector<RowSource> &sources);

  const Checkpoint &checkpoint_;
  TensorFinder &finder_;
  const Reading &model_;
};

}  // namespace tidbit::convert
