// The formats of the tensors and the kind of the tokenizer are not in the public header. This file reads them from the
// checked blob, so unlike the rest of the program it includes headers of the library, and is compiled as the library
// is.
#include "cli/needs.h"

#include "format/model.h"
#include "text/tokenizer_format.h"

namespace tidbit::cli {
namespace {

using format::NamedRole;
using format::TensorKind;

uint32_t bit(uint32_t number) { return uint32_t{1} << number; }

// The formats of the matrices with a slot in `slots`, whose tensors start at `tensors`.
template <size_t n>
uint32_t formats_of(const NamedRole (&roles)[n], const format::Slot *slots, const format::Tensor *tensors) {
  uint32_t formats = 0;
  for (size_t i = 0; i < n; ++i) {
    if (slots[i] == format::kAbsent || roles[i].row.kind != TensorKind::matrix) continue;
    formats |= bit(static_cast<uint32_t>(tensors[slots[i]].format));
  }
  return formats;
}

// The weights of a norm have a row, which knows the place of the norm in its scope. Norms are numbered from 1; 0 is
// none.
template <size_t n>
uint32_t norms_of(const NamedRole (&roles)[n], const void *scope) {
  uint32_t norms = 0;
  for (const NamedRole &role : roles) {
    if (role.row.need != format::Need::norm) continue;
    const auto norm = static_cast<const unsigned char *>(scope)[role.row.norm];
    if (norm != 0) norms |= bit(norm - 1u);
  }
  return norms;
}

uint32_t bit_if(bool there, features::LayerPart part) { return there ? bit(static_cast<uint32_t>(part)) : 0; }

uint32_t parts_of(const format::Config &c, bool amplitudes) {
  using features::LayerPart;
  return bit_if(c.rotary_tables > 1 || amplitudes, LayerPart::rotary_tables) |
         bit_if(c.logit_cap != 0, LayerPart::soft_cap) |
         bit_if(c.embedding_norm != format::Norm::none, LayerPart::embedding_norm);
}

uint32_t parts_of(const format::LayerKind &k) {
  using features::LayerPart;
  using format::Norm;
  return bit_if(k.window != 0, LayerPart::window) | bit_if(k.rotary_table != 0, LayerPart::rotary_tables) |
         bit_if(k.qk_norm != Norm::none, LayerPart::qk_norm) | bit_if(k.score_cap != 0, LayerPart::soft_cap) |
         bit_if(k.alibi != format::Alibi::none, LayerPart::alibi) | bit_if(k.sinks != 0, LayerPart::sinks) |
         bit_if(k.qkv_clip != 0, LayerPart::qkv_clip) |
         bit_if(k.mixer_out_norm != Norm::none || k.ffn_out_norm != Norm::none, LayerPart::out_norm) |
         bit_if(k.projection_norm != Norm::none, LayerPart::projection_norm) |
         bit_if(k.residual != format::Residual::serial, LayerPart::parallel) |
         bit_if(k.residual_scale != 1, LayerPart::residual_scale) | bit_if(k.experts != 0, LayerPart::experts) |
         bit_if(k.mixer == format::Mixer::short_convolution, LayerPart::short_convolution) |
         bit_if(k.kv_layer != 0, LayerPart::shared_kv) |
         bit_if(k.mask == format::Mask::bidirectional, LayerPart::encoder);
}

}  // namespace

Needs needs_of(const tidbit_model *model) {
  const Model &m = model_of(model);
  Needs needs = {};
  needs.weights = formats_of(format::kGlobalRoles, m.header->global_slots, m.tensors);
  needs.kv_formats = bit(static_cast<uint32_t>(m.config().kv));
  needs.norms = norms_of(format::kGlobalRoles, &m.config());
  needs.layer_parts =
      parts_of(m.config(),
               m.header->global_slots[static_cast<size_t>(format::GlobalRole::rotary_amplitudes)] != format::kAbsent);
  for (uint32_t i = 0; i < m.layers(); ++i) {
    const LayerView layer = m.layer(i);
    needs.weights |= formats_of(format::kLayerRoles, layer.kind->slots, layer.tensors);
  }
  // tidbit_open checks every kind, even one that no layer uses.
  for (uint32_t i = 0; i < m.decoder().kinds; ++i) {
    needs.norms |= norms_of(format::kLayerRoles, m.kinds + i);
    needs.layer_parts |= parts_of(m.kinds[i]);
    needs.activations |= bit(static_cast<uint32_t>(m.kinds[i].activation));
  }
  for (uint32_t i = 0; i < m.header->tensor_count; ++i) {
    if (m.tensors[i].transform == format::InputTransform::hadamard) needs.hadamard = true;
  }
  if (m.tokenizer != nullptr) {
    const auto *tokenizer = reinterpret_cast<const format::TokenizerHeader *>(m.tokenizer);
    needs.tokenizers = bit(static_cast<uint32_t>(tokenizer->kind) - 1);
    needs.split_program = tokenizer->split == format::Split::program;
    needs.normalizer = tokenizer->normalizer.count != 0;
  }
  return needs;
}

}  // namespace tidbit::cli
