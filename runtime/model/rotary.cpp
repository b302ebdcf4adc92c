#include "model/rotary.h"

#include "base/rounding.h"
#include "model/layer.h"

namespace tidbit {
namespace {

// On [-pi/4, pi/4].
float sin_poly(float r) {
  const float z = r * r;
  float p = fma(2.7182373e-06f, z, -0.00019839327f);
  p = fma(p, z, 0.008333329f);
  p = fma(p, z, -0.16666667f);
  return fma(p, z * r, r);
}

float cos_poly(float r) {
  const float z = r * r;
  float p = fma(-2.7209546e-07f, z, 2.4799512e-05f);
  p = fma(p, z, -0.0013888883f);
  p = fma(p, z, 0.041666668f);
  return fma(z * z, p, fma(z, -0.5f, 1.0f));
}

float negate_if(bool negative, float x) { return bits_float(float_bits(x) ^ (negative ? 0x80000000u : 0u)); }

void sin_cos(float angle, float *sin, float *cos) {
  const float t = fma(angle, 0x1.45f306p-1f, kRoundMagic);  // 2 / pi
  const float n = t - kRoundMagic;
  float r = fma(n, -0x1.921fb6p+0f, angle);  // pi / 2 in three parts
  r = fma(n, 0x1.777a5cp-25f, r);
  r = fma(n, 0x1.ee59dap-50f, r);
  const std::uint32_t quadrant = float_bits(t) & 3;
  const float s = sin_poly(r), c = cos_poly(r);
  const bool swapped = (quadrant & 1) != 0;
  *sin = negate_if((quadrant & 2) != 0, swapped ? c : s);
  *cos = negate_if(quadrant == 1 || quadrant == 2, swapped ? s : c);
}

}  // namespace

void rotary_angles(const float *frequencies, std::uint32_t count, std::uint32_t position, float *cos, float *sin) {
  const float p = static_cast<float>(position);
  for (std::uint32_t i = 0; i < count; ++i) sin_cos(p * frequencies[i], sin + i, cos + i);
}

void rotate(const Layer &layer) {
  const format::LayerKind &kind = layer.kind();
  if (kind.rotary_dim == 0) return;
  const Activations &rows = layer.rows();
  layer.slice.each_token([&](std::uint32_t t) {
    const std::size_t at = features::has(features::LayerPart::rotary_tables)
                               ? std::size_t{kind.rotary_table} * layer.slice.s.model.config().rotary_pairs
                               : 0;
    layer.slice.s.kernels->rotate_halves(rows.inner[t], rows.cos[t] + at, rows.sin[t] + at,
                                         kind.heads + format::own_kv_heads(kind), kind.head_dim, kind.rotary_dim / 2);
  });
}

}  // namespace tidbit
