// The plan of a conversion: the model's numbers, and for each tensor of the blob where its rows come from.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "converter/checkpoint/checkpoint.h"
#include "format/roles.h"

namespace tidbit::convert {

// Consecutive rows of a blob tensor. They come from a stored tensor or, if `stored` is null, from `compute`.
struct RowSource {
  std::uint32_t rows = 0;
  const StoredTensor *stored = nullptr;
  bool transposed = false;        // stored [in][out]: row r of the blob is column first + r of the checkpoint
  std::uint32_t first = 0;        // the first row (or column) of `stored` to use
  std::uint32_t step = 1;         // to the next
  std::uint32_t head = 0;         // if not 0, the head_dim of heads in which pairs of rows are moved apart:
  std::uint32_t turned = 0;       // of the first `turned` rows of a head, 2i and 2i + 1 become i and i + turned / 2
  float (*map)(float) = nullptr;  // of each element
  std::function<void(std::uint32_t row, float *out)> compute = {};
  std::shared_ptr<const StoredTensor> slice = {};  // keeps `stored` alive, if it is a part or a view of a tensor
};

struct TensorPlan {
  const format::RoleRow *role = nullptr;  // null: the model has no such tensor
  std::string name = {};                  // "layer 3 ffn_up", "token_embedding"
  std::uint32_t rows = 0;                 // in the blob
  std::uint32_t cols = 0;
  std::optional<format::Format> format = {};  // of a matrix, if it has one of its own
  std::vector<RowSource> sources = {};        // from top to bottom; for a vector, one row of 1 column per element

  bool is_vector() const { return role->kind == format::TensorKind::vector; }
  std::uint32_t source_rows() const { return is_vector() ? rows * cols : rows; }
  std::uint32_t source_cols() const { return is_vector() ? 1 : cols; }
};

using GlobalTensors = std::array<TensorPlan, static_cast<std::size_t>(format::GlobalRole::count)>;
using LayerTensors = std::array<TensorPlan, static_cast<std::size_t>(format::LayerRole::count)>;

struct StackPlan {
  format::StackType type = format::StackType::decoder;
  std::vector<format::LayerKind> kinds = {};   // with their slots
  std::vector<std::uint8_t> layer_kinds = {};  // for each layer, the index of its kind
  std::vector<LayerTensors> layers = {};       // by role

  // Appends a layer. Layers that agree in every number and in their tensors share a kind.
  void add_layer(format::LayerKind kind, LayerTensors tensors);
};

struct ModelPlan {
  format::Config config = {};
  GlobalTensors globals = {};  // by role
  std::vector<StackPlan> stacks = {};
  std::uint32_t group = format::kDefaultGroup;  // weights that share a scale, unless the user decides
  std::vector<std::string> notes = {};          // for the summary: what was left out or not recognized

  // Calls body(tensor) for each that the model has, in the order of the blob.
  template <class Body>
  void each_tensor(Body body) {
    each_tensor_of(*this, body);
  }
  template <class Body>
  void each_tensor(Body body) const {
    each_tensor_of(*this, body);
  }

 private:
  template <class Plan, class Body>
  static void each_tensor_of(Plan &plan, Body &body) {
    const auto each = [&](auto &tensors) {
      for (auto &tensor : tensors) {
        if (tensor.role != nullptr) body(tensor);
      }
    };
    each(plan.globals);
    for (auto &stack : plan.stacks) {
      for (auto &layer : stack.layers) each(layer);
    }
  }
};

// Numbers the tensors that the model has, in the order of their roles, and fills slots[count] accordingly. Returns how
// many there are.
std::uint32_t assign_slots(const TensorPlan *tensors, std::size_t roles, format::Slot *slots, std::size_t count);

}  // namespace tidbit::convert
