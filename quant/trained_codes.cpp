// Formats for weights that were trained with two or three values. Such weights are stored as they are, up to the f16
// rounding of their scale; others become the nearest ones.
#include "format/trained_codes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include "base/arith.h"
#include "quant/packing.h"

namespace tidbit::quant {
namespace {

// The scale for which -scale, 0 and scale come closest to x: the mean of the largest magnitudes, as many as make the
// square error smallest.
float ternary_scale(const float *x, std::uint32_t count) {
  std::vector<float> sizes(count);
  std::transform(x, x + count, sizes.begin(), [](float value) { return std::fabs(value); });
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  double sum = 0, best = 0, scale = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    sum += static_cast<double>(sizes[i]);
    const double saved = sum * sum / (i + 1);  // of the sum of squares
    if (saved <= best) continue;
    best = saved;
    scale = sum / (i + 1);
  }
  return static_cast<float>(scale);
}

// The same for -scale and scale.
float binary_scale(const float *x, std::uint32_t count) {
  double sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) sum += std::fabs(static_cast<double>(x[i]));
  return static_cast<float>(sum / count);
}

int code_of(const format::Ternary &, float x, float scale) { return std::fabs(x) * 2 < scale ? 1 : x < 0 ? 0 : 2; }
int code_of(const format::Binary &, float x, float) { return x < 0 ? 0 : 2; }

template <class Codes>
void pack_row(const float *x, std::uint32_t row, std::uint32_t cols, std::uint32_t group, std::byte *tile) {
  for (std::uint32_t first = 0; first < cols; first += group) {
    const std::uint32_t count = std::min(group, cols - first);
    const float scale = Codes::bits == 1 ? binary_scale(x + first, count) : ternary_scale(x + first, count);
    const std::uint16_t bits = float_to_half(scale);
    std::memcpy(tile + format::tile_element(row, first / group) * 2, &bits, 2);
    for (std::uint32_t k = first; k < first + count; ++k) {
      const int code = code_of(Codes{}, x[k], scale);
      Codes::Packing::write(tile + Codes::head_bytes(cols, group), row, k, static_cast<std::uint32_t>(code));
    }
  }
}

constexpr float kLargestHalf = 65504;

}  // namespace

const Packing kTernaryPacking = {format::Ternary::format, kLargestHalf, pack_row<format::Ternary>};
const Packing kBinaryPacking = {format::Binary::format, kLargestHalf, pack_row<format::Binary>};

}  // namespace tidbit::quant
