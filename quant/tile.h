// Packs rows of floats into tensors of the blob, and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/format.h"
#include "quant/error_measure.h"

namespace tidbit::quant {

// The largest magnitude that a format can represent. A larger one would become infinity.
float largest_value(format::Format format);

// Packs `count` rows (1 to 16) of `cols` floats, one after another, into one tile of format::tile_bytes(format, cols,
// group) bytes. Missing rows and all padding are zeros. Formats without groups ignore `group`.
void pack_tile(format::Format format, const float *rows, std::uint32_t count, std::uint32_t cols, std::uint32_t group,
               std::byte *tile);

// The sum of the squares of the rows as `signal`, and as `noise` that of the weights in groups whose f16 scale is so
// small that it has fewer than 6 bits.
ErrorMeasure coarse_part(format::Format format, const std::byte *tile, const float *rows, std::uint32_t count,
                         std::uint32_t cols, std::uint32_t group);

// The values of the first `count` rows of a tile.
void unpack_tile(format::Format format, const std::byte *tile, std::uint32_t count, std::uint32_t cols,
                 std::uint32_t group, float *rows);

// Tables and vectors: element after element, f32 or f16.
void pack_plain(format::Format format, const float *values, std::uint64_t count, std::byte *out);
void unpack_plain(format::Format format, const std::byte *in, std::uint64_t count, float *values);

}  // namespace tidbit::quant
