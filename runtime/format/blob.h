// The checked view of a blob: what tidbit_model holds. check_blob (blob.cpp, tensors.cpp) is the only parser of the
// header; after it every accessor here is total.
#pragma once

#include "format/blob_format.h"
#include "format/tensor_layout.h"
#include "tidbit/tidbit.h"

namespace tidbit {

inline constexpr std::uint32_t kGlobalRoles = static_cast<std::uint32_t>(format::Role::global_count);
inline constexpr std::uint32_t kLayerRoles =
    static_cast<std::uint32_t>(format::Role::layer_end) - format::kFirstLayerRole;

struct Model {
  static constexpr std::uint8_t kAbsent = 0xFF;

  const std::byte *blob;
  const format::Header *header;
  const format::Tensor *tensors;
  const std::byte *tokenizer;  // null without one
  std::uint64_t tokenizer_bytes;
  const char *source;  // "" without provenance
  const char *converter;
  std::uint32_t global_tensors;            // in front of the first layer's
  std::uint32_t layer_tensors;             // of each layer
  std::uint8_t global_slot[kGlobalRoles];  // place of a role, or kAbsent
  std::uint8_t layer_slot[kLayerRoles];

  const format::Config &config() const { return header->config; }
  const std::byte *data(const format::Tensor &t) const { return blob + t.offset; }
  const float *floats(const format::Tensor *t) const {
    return t == nullptr ? nullptr : reinterpret_cast<const float *>(blob + t->offset);
  }

  const format::Tensor *global(format::Role role) const {
    const std::uint8_t slot = global_slot[static_cast<std::uint16_t>(role)];
    return slot == kAbsent ? nullptr : tensors + slot;
  }
  const format::Tensor *layer(std::uint32_t index, format::Role role) const {
    const std::uint8_t slot = layer_slot[static_cast<std::uint16_t>(role) - format::kFirstLayerRole];
    return slot == kAbsent ? nullptr : tensors + global_tensors + std::size_t{index} * layer_tensors + slot;
  }
  // There in every checked blob, the first of the table.
  const format::Tensor &token_embedding() const { return tensors[0]; }
  // The matrix of the logits: the head, or the embedding where they are tied.
  const format::Tensor &head() const {
    const format::Tensor *own = global(format::Role::head);
    return own != nullptr ? *own : token_embedding();
  }
  const format::Section *section(format::SectionKind kind) const;
};
static_assert(sizeof(Model) <= sizeof(tidbit_model) && alignof(Model) <= alignof(tidbit_model));

inline const Model &model_of(const tidbit_model *model) { return *reinterpret_cast<const Model *>(model->opaque); }

// A refusal: what, and at which byte of the blob.
struct Refusal {
  tidbit_status status = TIDBIT_OK;
  std::uint64_t offset = 0;

  bool refused() const { return status != TIDBIT_OK; }
};

// The steps of opening, in their order; each may rely on those before it.
Refusal check_frame(const std::byte *blob, std::uint64_t size);  // header, its checksum, sections
Refusal check_config(const format::Config &config);              // offset is inside Config
Refusal check_tensors(Model &model);                             // fills the slots

}  // namespace tidbit
