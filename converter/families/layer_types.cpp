#include "converter/families/layer_types.h"

#include <algorithm>

#include "converter/error.h"

namespace tidbit::convert {

void read_layer_types(Reading &model, const std::function<bool(std::uint32_t)> &is_full,
                      std::span<const char *const> known) {
  model.layer_types = model.keys.texts("layer_types");
  if (model.layer_types.empty()) {
    for (std::uint32_t i = 0; i < model.layers; ++i) {
      model.layer_types.emplace_back(is_full(i) ? kFullAttention : kSlidingAttention);
    }
  }
  if (model.layer_types.size() != model.layers) {
    model.keys.refuse("layer_types", "has " + std::to_string(model.layer_types.size()) + " entries for " +
                                         std::to_string(model.layers) + " layers");
  }
  for (const std::string &type : model.layer_types) {
    if (std::find(known.begin(), known.end(), type) != known.end()) continue;
    model.keys.refuse("layer_types", "has " + in_quotes(type) + ", which is not supported");
  }
}

void read_layer_types(Reading &model, const std::function<bool(std::uint32_t)> &is_full) {
  static constexpr const char *kKnown[] = {kFullAttention, kSlidingAttention};
  read_layer_types(model, is_full, kKnown);
}

bool is_full(const Reading &model, std::uint32_t layer) {
  return model.layer_types.empty() || model.layer_types[layer] != kSlidingAttention;
}

void refuse_windows(const Reading &model) {
  for (std::uint32_t i = 0; i < model.layers; ++i) {
    if (!is_full(model, i)) model.keys.refuse("layer_types", "has a window, but use_sliding_window is not true");
  }
}

std::uint32_t window_of(Reading &model, std::uint32_t usual, const char *key) {
  return model.keys.count_or(key, format::kMaxContext, model.keys.contains(key) ? 0 : usual);
}

}  // namespace tidbit::convert
