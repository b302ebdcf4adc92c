// Rows of floats into the tiles of tensor_layout.h and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/tensor_layout.h"

namespace tidbit::quant {

// The largest magnitude that a format can hold; a larger one would become infinity.
float largest_value(format::Dtype dtype);

// Packs `count` rows (1 to 16) of `cols` floats, one after another, into one tile of tile_bytes(dtype, layout, cols,
// group) bytes. Rows that are missing and all padding are zeros. `group` matters to q8 and q4.
void pack_tile(format::Dtype dtype, format::Layout layout, const float *rows, std::uint32_t count, std::uint32_t cols,
               std::uint32_t group, std::byte *tile);

// The values that the first `count` rows of a tile stand for.
void unpack_tile(format::Dtype dtype, format::Layout layout, const std::byte *tile, std::uint32_t count,
                 std::uint32_t cols, std::uint32_t group, float *rows);

// The plain layout: element after element, f32 or f16.
void pack_plain(format::Dtype dtype, const float *values, std::uint64_t count, std::byte *out);
void unpack_plain(format::Dtype dtype, const std::byte *in, std::uint64_t count, float *values);

}  // namespace tidbit::quant
