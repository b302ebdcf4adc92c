// q8: int8 codes in groups along a row, with an f16 scale per group. A tile is
//   f16 scale [groups][16 rows], zeros up to a multiple of 64 bytes
//   int8 code [cols / run][16 rows][run], each row padded with zeros to whole runs
// with runs of 4 (q8: a 32-bit word per row, a 64-byte line for 16 rows) or 16 (q8x16: a Helium vector per row).
#pragma once

#include "format/grouped.h"

namespace tidbit::format {

template <Format kFormat, std::uint32_t kRun, Input kInput>
struct Codes8 {
  static constexpr Format format = kFormat;
  static constexpr const char *name = kFormat == Format::q8 ? "q8" : "q8x16";
  static constexpr Input input = kInput;
  static constexpr std::uint32_t run = kRun;

  // Scales and their padding.
  [[gnu::always_inline]] static constexpr std::uint32_t head_bytes(std::uint32_t cols, std::uint32_t group) {
    return round_up(group_scale_bytes(cols, group), kAlignment);
  }
  [[gnu::always_inline]] static constexpr std::uint32_t tile_bytes(std::uint32_t cols, std::uint32_t group) {
    return head_bytes(cols, group) + round_up(cols, kRun) * kTileRows;
  }

  // Offset of a code among the codes of a tile.
  [[gnu::always_inline]] static constexpr std::uint32_t code_at(std::uint32_t row, std::uint32_t col) {
    return col / kRun * (kTileRows * kRun) + row * kRun + col % kRun;
  }

  [[gnu::always_inline]] static void read_row(const TileRow &r, float *out) {
    const auto *codes = reinterpret_cast<const std::int8_t *>(r.tile + head_bytes(r.cols, r.group));
    read_grouped_row(r, out, [&](std::uint32_t k) { return codes[code_at(r.row, k)]; });
  }
};

using Q8 = Codes8<Format::q8, 4, Input::reorderable_codes>;
using Q8x16 = Codes8<Format::q8x16, 16, Input::codes>;

}  // namespace tidbit::format
