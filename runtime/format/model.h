// The checked view of a blob, which a tidbit_model contains. After tidbit_open every accessor here is total.
#pragma once

#include "format/roles.h"
#include "tidbit/tidbit.h"

namespace tidbit {

// One layer: its numbers and its tensors.
struct LayerView {
  const std::byte *blob;
  const format::LayerKind *kind;
  const format::Tensor *tensors;

  const format::Tensor *find(format::LayerRole role) const {
    const format::Slot slot = kind->slots[static_cast<std::uint32_t>(role)];
    return slot == format::kAbsent ? nullptr : tensors + slot;
  }
  const format::Tensor &matrix(format::LayerRole role) const { return *find(role); }  // for required roles only
  const float *floats(format::LayerRole role) const {
    const format::Tensor *t = find(role);
    return t == nullptr ? nullptr : reinterpret_cast<const float *>(blob + t->offset);
  }
};

struct Model {
  const std::byte *blob;
  const format::Header *header;
  const format::Section *sections;
  const format::LayerKind *kinds;  // of the decoder
  const format::Tensor *tensors;
  const std::uint8_t *layer_kinds;  // [layers] of the decoder: indices into `kinds`
  const std::byte *tokenizer;       // may be null
  std::uint64_t tokenizer_bytes;
  const format::SelfTest *self_test;  // may be null
  const char *source;                 // "" without provenance
  const char *converter;

  const format::Config &config() const { return header->config; }
  const format::Stack &decoder() const { return header->stacks[0]; }
  std::uint32_t layers() const { return decoder().layers; }
  bool is_encoder() const {
    return features::has(features::LayerPart::encoder) && decoder().type == format::StackType::encoder;
  }
  const format::LayerKind &kind(std::uint32_t layer) const { return kinds[layer_kinds[layer]]; }

  LayerView layer(std::uint32_t index) const {
    const format::Stack &stack = decoder();
    return {blob, &kind(index), tensors + stack.first_tensor + std::size_t{index} * stack.layer_tensors};
  }
  const format::Tensor *global(format::GlobalRole role) const {
    const format::Slot slot = header->global_slots[static_cast<std::uint32_t>(role)];
    return slot == format::kAbsent ? nullptr : tensors + slot;
  }
  const float *floats(format::GlobalRole role) const {
    const format::Tensor *t = global(role);
    return t == nullptr ? nullptr : reinterpret_cast<const float *>(blob + t->offset);
  }
  const std::byte *data(const format::Tensor &t) const { return blob + t.offset; }

  // Every checked blob has one.
  const format::Tensor &token_embedding() const { return *global(format::GlobalRole::token_embedding); }
  // The matrix of the logits: the head, or the embedding if they are tied.
  const format::Tensor &head() const {
    const format::Tensor *own = global(format::GlobalRole::head);
    return own != nullptr ? *own : token_embedding();
  }
  const format::Section *section(format::SectionKind kind) const {
    for (std::uint32_t i = 0; i < header->section_count; ++i) {
      if (sections[i].kind == kind) return sections + i;
    }
    return nullptr;
  }
  // The content of a record at a multiple of 4, or null. tidbit_open has checked that it is inside the section.
  const std::byte *record(format::SectionKind in, std::uint32_t kind, std::uint32_t &bytes) const {
    const format::Section *s = section(in);
    if (s == nullptr) return nullptr;
    const std::byte *data = blob + s->offset;
    const auto &records = *reinterpret_cast<const format::Records *>(data);
    const auto *r = reinterpret_cast<const format::Record *>(&records + 1);
    for (std::uint32_t i = 0; i < records.count; ++i) {
      if (r[i].kind != kind || r[i].offset % 4 != 0) continue;
      bytes = r[i].bytes;
      return data + r[i].offset;
    }
    return nullptr;
  }
};
static_assert(sizeof(Model) <= sizeof(tidbit_model) && alignof(Model) <= alignof(tidbit_model));

inline const Model &model_of(const tidbit_model *model) { return *reinterpret_cast<const Model *>(model->opaque); }

// Whether tidbit_open succeeded. It clears the model otherwise.
inline bool is_open(const tidbit_model *model) { return model != nullptr && model_of(model).header != nullptr; }

}  // namespace tidbit
