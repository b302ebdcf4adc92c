#include "converter/families/model_plan.h"

#include <algorithm>
#include <span>

#include "converter/error.h"

namespace tidbit::convert {

std::uint32_t assign_slots(const TensorPlan *tensors, std::size_t roles, format::Slot *slots, std::size_t count) {
  std::uint32_t next = 0;
  std::fill_n(slots, count, format::kAbsent);
  for (std::size_t role = 0; role < roles; ++role) {
    if (tensors[role].role != nullptr) slots[role] = static_cast<format::Slot>(next++);
  }
  return next;
}

void StackPlan::add_layer(format::LayerKind kind, LayerTensors tensors) {
  assign_slots(tensors.data(), tensors.size(), kind.slots, format::kLayerSlots);
  const auto bytes_of = [](const format::LayerKind &k) { return std::as_bytes(std::span(&k, 1)); };
  const auto same = [&](const format::LayerKind &k) { return std::ranges::equal(bytes_of(k), bytes_of(kind)); };
  const auto found = std::find_if(kinds.begin(), kinds.end(), same);
  const auto place = static_cast<std::size_t>(found - kinds.begin());
  if (found == kinds.end()) kinds.push_back(kind);
  if (kinds.size() > format::kMaxKinds) {
    throw ConvertError("the model has more than " + std::to_string(format::kMaxKinds) + " different kinds of layers");
  }
  layer_kinds.push_back(static_cast<std::uint8_t>(place));
  layers.push_back(std::move(tensors));
}

}  // namespace tidbit::convert
