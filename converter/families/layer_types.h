// Layers that differ: which of them see a window, and which do not rotate.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

inline constexpr const char *kFullAttention = "full_attention";
inline constexpr const char *kSlidingAttention = "sliding_attention";

// Fills Reading::layer_types from `layer_types`. If that key is missing, layer i has full attention if `is_full(i)`,
// and otherwise a window. Refuses types that are not in `known`.
void read_layer_types(Reading &model, const std::function<bool(std::uint32_t layer)> &is_full,
                      std::span<const char *const> known);
void read_layer_types(Reading &model, const std::function<bool(std::uint32_t layer)> &is_full);

// Whether layer i has full attention; all have it if there are no types.
bool is_full(const Reading &model, std::uint32_t layer);

// Refuses layers with a window, because use_sliding_window is not true.
void refuse_windows(const Reading &model);

// The positions that a query of a sliding layer sees: `usual` if the key is missing, 0 (all) if it is null.
std::uint32_t window_of(Reading &model, std::uint32_t usual, const char *key = "sliding_window");

}  // namespace tidbit::convert
