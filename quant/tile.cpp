#include "quant/tile.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "format/formats.h"
#include "quant/packing.h"

namespace tidbit::quant {
namespace {

using format::Format;

static_assert(std::endian::native == std::endian::little,
              "blobs are little-endian, and so must be the converter's CPU");
static_assert(std::size(kPackings) == format::kFormats);

const Packing &packing_of(Format format) {
  return **std::find_if(std::begin(kPackings), std::end(kPackings),
                        [&](const Packing *p) { return p->format == format; });
}

}  // namespace

float largest_value(Format format) { return packing_of(format).largest; }

void pack_tile(Format format, const float *rows, std::uint32_t count, std::uint32_t cols, std::uint32_t group,
               std::byte *tile) {
  const Packing &packing = packing_of(format);
  std::memset(tile, 0, format::tile_bytes(format, cols, group));
  for (std::uint32_t row = 0; row < count; ++row) {
    packing.pack_row(rows + std::uint64_t{row} * cols, row, cols, group, tile);
  }
}

ErrorMeasure coarse_part(Format format, const std::byte *tile, const float *rows, std::uint32_t count,
                         std::uint32_t cols, std::uint32_t group) {
  constexpr std::uint16_t kLeastHalf = 1 << 5;  // subnormal, with 6 bits
  ErrorMeasure part;
  if (!format::in_groups(format)) return part;
  for (std::uint32_t row = 0; row < count; ++row) {
    for (std::uint32_t first = 0; first < cols; first += group) {
      double squares = 0;
      for (std::uint32_t k = first; k < std::min(first + group, cols); ++k) {
        const double x = rows[std::uint64_t{row} * cols + k];
        squares += x * x;
      }
      std::uint16_t scale = 0;
      std::memcpy(&scale, tile + format::tile_element(row, first / group) * sizeof scale, sizeof scale);
      part.signal += squares;
      if (scale < kLeastHalf) part.noise += squares;
    }
  }
  return part;
}

void unpack_tile(Format format, const std::byte *tile, std::uint32_t count, std::uint32_t cols, std::uint32_t group,
                 float *rows) {
  format::Formats::visit(format, [&]<class Row> {
    for (std::uint32_t row = 0; row < count; ++row) {
      Row::read_row({tile, row, cols, group}, rows + std::uint64_t{row} * cols);
    }
  });
}

void pack_plain(Format format, const float *values, std::uint64_t count, std::byte *out) {
  for (std::uint64_t i = 0; i < count; ++i) store_element(format, out, i, values[i]);
}

void unpack_plain(Format format, const std::byte *in, std::uint64_t count, float *values) {
  for (std::uint64_t i = 0; i < count; ++i) values[i] = format::plain_element(format, in, i);
}

}  // namespace tidbit::quant
