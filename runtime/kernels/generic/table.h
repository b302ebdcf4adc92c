// Makes the kernel table of a lanes type: chooses the body of each entry. Formats that a build leaves out have none.
#pragma once

#include "format/formats.h"
#include "kernels/generic/attention.h"
#include "kernels/generic/block_products.h"
#include "kernels/generic/quantization.h"
#include "kernels/generic/row_products.h"

namespace tidbit {

// Whether activations must be quantized, for the weights or for the KV cache.
inline constexpr bool kQuantize = format::Formats::has_codes || features::has_kv(format::Format::q8);

template <class L, class Row>
constexpr MatmulKernel matmul_entry() {
  if constexpr (!features::has_weights(Row::format)) {
    return nullptr;
  } else if constexpr (is_same<Row, format::F32>) {
    return &Walk<L, FloatProduct<L, LoadF32<L>>>::matmul;
  } else if constexpr (is_same<Row, format::F16> && L::tuning.widen_f16) {
    return &Walk<L, WidenedProduct<L>>::matmul;
  } else if constexpr (is_same<Row, format::F16>) {
    return &Walk<L, FloatProduct<L, LoadF16<L>>>::matmul;
  } else if constexpr (is_same<Row, format::Q8>) {
    return &Walk<L, IntegerProduct<L>>::matmul;
  } else if constexpr (is_same<Row, format::Q8x16>) {
    return &RowProduct<L>::matmul;
  } else {
    return &Walk<L, BlockProduct<L, Row>>::matmul;
  }
}

template <class L, format::Format kFormat>
constexpr ScoresKernel scores_entry() {
  using enum format::Format;
  if constexpr (!features::has_kv(kFormat)) {
    return nullptr;
  } else if constexpr (kFormat == f32) {
    return &FloatScores<L, LoadF32<L>>::scores;
  } else if constexpr (kFormat == f16) {
    return &FloatScores<L, LoadF16<L>>::scores;
  } else {
    static_assert(kFormat == q8);
    return &IntegerScores<L>::scores;
  }
}

template <class L, format::Format kFormat>
constexpr MixKernel mix_entry() {
  using enum format::Format;
  if constexpr (!features::has_kv(kFormat)) {
    return nullptr;
  } else if constexpr (kFormat == f32) {
    return &ValueMix<L, LoadF32<L>>::mix;
  } else if constexpr (kFormat == f16) {
    return &ValueMix<L, LoadF16<L>>::mix;
  } else {
    static_assert(kFormat == q8);
    return &ValueMix<L, LoadI8<L>>::mix;
  }
}

struct Matmuls {
  MatmulKernel of[format::Formats::last_built + 1];
};

// entry.template operator()<Row>() for each format.
template <class Entry>
constexpr Matmuls matmuls_of(Entry entry) {
  Matmuls matmuls{};
  format::Formats::each([&]<class Row> {
    if constexpr (index_of(Row::format) <= format::Formats::last_built) {
      matmuls.of[index_of(Row::format)] = entry.template operator()<Row>();
    }
  });
  return matmuls;
}
template <class L>
static constexpr Matmuls kMatmuls = matmuls_of([]<class Row> { return matmul_entry<L, Row>(); });

template <class L>
constexpr Kernels make_kernels(tidbit_isa isa) {
  using enum format::Format;
  constexpr unsigned kLayerNorms = 0b0101, kRmsNorms = 0b1010;  // bits of the feature, with weights and without
  Kernels k{};
  k.isa = isa;
  k.matmul = kMatmuls<L>.of;
  k.scores[index_of(f32)] = scores_entry<L, f32>();
  k.scores[index_of(f16)] = scores_entry<L, f16>();
  k.scores[index_of(q8)] = scores_entry<L, q8>();
  k.mix[index_of(f32)] = mix_entry<L, f32>();
  k.mix[index_of(f16)] = mix_entry<L, f16>();
  k.mix[index_of(q8)] = mix_entry<L, q8>();
  if constexpr (kQuantize) k.quantize = &Quantization<L>::quantize;
  if constexpr (features::kHadamard) k.quantize_transformed = &Quantization<L>::quantize_transformed;
  k.softmax = &Vectors<L>::softmax;
  if constexpr ((TIDBIT_FEATURE_NORMS & kRmsNorms) != 0) k.rms_norm = &Vectors<L>::rms_norm;
  if constexpr ((TIDBIT_FEATURE_NORMS & kLayerNorms) != 0) k.layer_norm = &Vectors<L>::layer_norm;
  k.activate = &Vectors<L>::activate;
  constexpr bool kHasParameters =
      features::has_activation(format::Activation::xielu) || features::has_activation(format::Activation::clamped_silu);
  if constexpr (kHasParameters) k.activate_by = &Vectors<L>::activate_by;
  if constexpr (features::has(features::LayerPart::soft_cap)) k.soft_cap = &Vectors<L>::soft_cap;
  k.add = &Vectors<L>::add;
  k.rotate_halves = &Vectors<L>::rotate_halves;
  if constexpr (features::has_kv(f16)) k.to_f16 = &L::to_f16;
  return k;
}

}  // namespace tidbit
