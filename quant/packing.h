// How each weight format is packed. To add a format, add a file beside q8.cpp and a row here. Unpacking is the format's
// read_row in runtime/format.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/format.h"

namespace tidbit::quant {

struct Packing {
  format::Format format;
  float largest;  // the largest magnitude that it can represent

  // Packs `cols` floats as row `row` (0 to 15) of a zeroed tile. Formats without groups ignore `group`.
  void (*pack_row)(const float *x, std::uint32_t row, std::uint32_t cols, std::uint32_t group, std::byte *tile);
};

extern const Packing kF32Packing, kF16Packing, kQ8Packing, kQ8x16Packing, kQ2Packing, kQ3Packing, kQ4Packing,
    kQ5Packing, kQ6Packing, kTernaryPacking, kBinaryPacking;

inline const Packing *const kPackings[] = {&kF32Packing, &kF16Packing,     &kQ8Packing,    &kQ8x16Packing,
                                           &kQ2Packing,  &kQ3Packing,      &kQ4Packing,    &kQ5Packing,
                                           &kQ6Packing,  &kTernaryPacking, &kBinaryPacking};

// Element `index` of an array of f32 or f16.
void store_element(format::Format format, std::byte *out, std::uint64_t index, float value);

}  // namespace tidbit::quant
