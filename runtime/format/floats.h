// f32 and f16 (IEEE binary16).
//   a tile      [cols][16 rows]
//   plain rows  row after row without padding: lookup tables, and vectors, which are one row of f32
#pragma once

#include "base/arith.h"
#include "format/format.h"

namespace tidbit::format {

static constexpr std::uint64_t plain_bytes(Format format, std::uint64_t elements) {
  return elements * (format == Format::f32 ? 4 : 2);
}

static inline float plain_element(Format format, const std::byte *data, std::uint64_t index) {
  if (format == Format::f32) return reinterpret_cast<const float *>(data)[index];
  return half_to_float(reinterpret_cast<const std::uint16_t *>(data)[index]);
}

template <Format kFormat>
struct Floats {
  static constexpr Format format = kFormat;
  static constexpr const char *name = kFormat == Format::f32 ? "f32" : "f16";
  static constexpr Input input = Input::floats;

  [[gnu::always_inline]] static constexpr std::uint32_t tile_bytes(std::uint32_t cols, std::uint32_t) {
    return static_cast<std::uint32_t>(plain_bytes(kFormat, std::uint64_t{cols} * kTileRows));
  }

  [[gnu::always_inline]] static void read_row(const TileRow &r, float *out) {
    for (std::uint32_t k = 0; k < r.cols; ++k) out[k] = plain_element(kFormat, r.tile, tile_element(r.row, k));
  }
};

using F32 = Floats<Format::f32>;
using F16 = Floats<Format::f16>;

}  // namespace tidbit::format
