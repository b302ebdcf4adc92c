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

}  // namespace

Needs needs_of(const tidbit_model *model) {
  const Model &m = model_of(model);
  Needs needs = {};
  needs.weights = formats_of(format::kGlobalRoles, m.header->global_slots, m.tensors);
  needs.kv_formats = bit(static_cast<uint32_t>(m.config().kv));
  needs.norms = norms_of(format::kGlobalRoles, &m.config());
  for (uint32_t i = 0; i < m.layers(); ++i) {
    const LayerView layer = m.layer(i);
    needs.weights |= formats_of(format::kLayerRoles, layer.kind->slots, layer.tensors);
  }
  // tidbit_open checks every kind, even one that no layer uses.
  for (uint32_t i = 0; i < m.decoder().kinds; ++i) {
    needs.norms |= norms_of(format::kLayerRoles, m.kinds + i);
    needs.activations |= bit(static_cast<uint32_t>(m.kinds[i].activation));
  }
  if (m.tokenizer != nullptr) {
    const auto *tokenizer = reinterpret_cast<const format::TokenizerHeader *>(m.tokenizer);
    needs.tokenizers = bit(static_cast<uint32_t>(tokenizer->kind) - 1);
  }
  return needs;
}

}  // namespace tidbit::cli
