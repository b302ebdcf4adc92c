// f32 and f16: each element by itself.
#include "format/floats.h"

#include "quant/packing.h"

namespace tidbit::quant {
namespace {

using format::Format;

template <Format kFormat>
void pack_row(const float *x, std::uint32_t row, std::uint32_t cols, std::uint32_t, std::byte *tile) {
  for (std::uint32_t col = 0; col < cols; ++col) store_element(kFormat, tile, format::tile_element(row, col), x[col]);
}

}  // namespace

void store_element(Format format, std::byte *out, std::uint64_t index, float value) {
  if (format == Format::f32) {
    reinterpret_cast<float *>(out)[index] = value;
  } else {
    reinterpret_cast<std::uint16_t *>(out)[index] = float_to_half(value);
  }
}

const Packing kF32Packing = {Format::f32, 0x1.fffffep127f, pack_row<Format::f32>};
const Packing kF16Packing = {Format::f16, 65504.0f, pack_row<Format::f16>};

}  // namespace tidbit::quant
