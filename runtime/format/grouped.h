// Shared by the formats with codes: a tile begins with the f16 scales of its groups, [groups][16 rows].
#pragma once

#include "base/arith.h"
#include "format/format.h"

namespace tidbit::format {

static constexpr std::uint32_t group_scale_bytes(std::uint32_t cols, std::uint32_t group) {
  return ceil_div(cols, group) * kTileRows * 2;
}

// out[k] = weight(k) * scale of k's group.
template <class Weight>
[[gnu::always_inline]] static inline void read_grouped_row(const TileRow &r, float *out, Weight weight) {
  const auto *scales = reinterpret_cast<const std::uint16_t *>(r.tile);
  for (std::uint32_t begin = 0; begin < r.cols; begin += r.group) {
    const float scale = half_to_float(scales[tile_element(r.row, begin / r.group)]);
    const std::uint32_t end = r.cols - begin < r.group ? r.cols : begin + r.group;
    for (std::uint32_t k = begin; k < end; ++k) out[k] = static_cast<float>(weight(k)) * scale;
  }
}

}  // namespace tidbit::format
