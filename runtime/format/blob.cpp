// Opening a blob: the frame (header, checksum, sections), then configuration, tensors, tokenizer, provenance.
#include "format/blob.h"

#include <bit>
#include <cstring>
#include <new>

#include "base/hash.h"
#include "text/tokenizer.h"

static_assert(std::endian::native == std::endian::little, "blobs are little-endian and used in place");

namespace tidbit {
namespace {

using format::Header;
using format::Section;
using format::SectionKind;

const Header &header_of(const std::byte *blob) { return *reinterpret_cast<const Header *>(blob); }
const Section *sections_of(const std::byte *blob) { return reinterpret_cast<const Section *>(blob + sizeof(Header)); }

std::uint64_t offset_in(const std::byte *blob, const void *field) {
  return static_cast<std::uint64_t>(static_cast<const std::byte *>(field) - blob);
}

std::uint64_t header_checksum(const std::byte *blob) {
  Header copy = header_of(blob);
  copy.header_checksum = 0;
  Hash64 hash;
  hash.update(&copy, sizeof copy);
  hash.update(blob + sizeof copy, copy.header_bytes - sizeof copy);
  return hash.digest();
}

Refusal check_header(const std::byte *blob, std::uint64_t size) {
  if (size < sizeof(format::kMagic) || std::memcmp(blob, format::kMagic, sizeof(format::kMagic)) != 0) {
    return {TIDBIT_ERR_NOT_A_BLOB, 0};
  }
  if (size < sizeof(Header)) return {TIDBIT_ERR_TRUNCATED, size};
  const Header &h = header_of(blob);
  if (h.version_major != format::kVersionMajor) return {TIDBIT_ERR_VERSION, offsetof(Header, version_major)};
  if (h.section_count > format::kMaxSections) return {TIDBIT_ERR_CONFIG, offsetof(Header, section_count)};
  if (h.tensor_count > format::kMaxTensors) return {TIDBIT_ERR_CONFIG, offsetof(Header, tensor_count)};
  const std::uint64_t bytes = sizeof(Header) + std::uint64_t{h.section_count} * sizeof(Section) +
                              std::uint64_t{h.tensor_count} * sizeof(format::Tensor);
  if (h.header_bytes != bytes) return {TIDBIT_ERR_CONFIG, offsetof(Header, header_bytes)};
  if (h.blob_bytes < bytes) return {TIDBIT_ERR_CONFIG, offsetof(Header, blob_bytes)};
  if (h.blob_bytes > size) return {TIDBIT_ERR_TRUNCATED, size};
  if (header_checksum(blob) != h.header_checksum) return {TIDBIT_ERR_CHECKSUM, offsetof(Header, header_checksum)};
  return {};
}

// In ascending order, apart from each other, inside the blob; kinds that this reader does not know are left alone.
Refusal check_sections(const std::byte *blob) {
  const Header &h = header_of(blob);
  std::uint64_t end = h.header_bytes;
  for (std::uint32_t i = 0; i < h.section_count; ++i) {
    const Section &s = sections_of(blob)[i];
    const bool inside = s.offset % format::kAlignment == 0 && s.offset >= end && s.offset <= h.blob_bytes &&
                        s.bytes <= h.blob_bytes - s.offset;
    if (!inside) return {TIDBIT_ERR_CONFIG, offset_in(blob, &s)};
    for (std::uint32_t j = 0; j < i; ++j) {
      if (sections_of(blob)[j].kind == s.kind) return {TIDBIT_ERR_CONFIG, offset_in(blob, &s)};
    }
    end = s.offset + s.bytes;
  }
  return {};
}

// The string at *text, which moves past its zero; null where no zero comes before the end.
const char *next_string(const char **text, const char *end) {
  const char *start = *text;
  for (const char *p = start; p < end; ++p) {
    if (*p == 0) {
      *text = p + 1;
      return start;
    }
  }
  return nullptr;
}

Refusal read_provenance(Model &model) {
  model.source = model.converter = "";
  const Section *s = model.section(SectionKind::provenance);
  if (s == nullptr) return {};
  const char *text = reinterpret_cast<const char *>(model.blob + s->offset);
  const char *end = text + s->bytes;
  const char *source = s->bytes <= format::kMaxProvenanceBytes ? next_string(&text, end) : nullptr;
  const char *converter = source != nullptr ? next_string(&text, end) : nullptr;
  if (converter == nullptr) return {TIDBIT_ERR_CONFIG, s->offset};
  model.source = source;
  model.converter = converter;
  return {};
}

Refusal read_tokenizer(Model &model) {
  const Section *s = model.section(SectionKind::tokenizer);
  if (s == nullptr) return {};
  std::uint64_t fault = 0;
  const tidbit_status status = check_tokenizer(model.blob + s->offset, s->bytes, model.config().vocab_size, &fault);
  if (status != TIDBIT_OK) return {status, s->offset + fault};
  model.tokenizer = model.blob + s->offset;
  model.tokenizer_bytes = s->bytes;
  return {};
}

Refusal open_model(const std::byte *blob, std::uint64_t size, Model &model) {
  if (const Refusal r = check_frame(blob, size); r.refused()) return r;
  model.blob = blob;
  model.header = &header_of(blob);
  model.tensors = reinterpret_cast<const format::Tensor *>(sections_of(blob) + model.header->section_count);
  if (const Refusal r = check_config(model.config()); r.refused()) {
    return {r.status, offsetof(Header, config) + r.offset};
  }
  if (const Refusal r = check_tensors(model); r.refused()) return r;
  if (const Refusal r = read_provenance(model); r.refused()) return r;
  return read_tokenizer(model);
}

}  // namespace

const format::Section *Model::section(SectionKind kind) const {
  const Section *sections = sections_of(blob);
  for (std::uint32_t i = 0; i < header->section_count; ++i) {
    if (sections[i].kind == kind) return sections + i;
  }
  return nullptr;
}

Refusal check_frame(const std::byte *blob, std::uint64_t size) {
  const Refusal header = check_header(blob, size);
  return header.refused() ? header : check_sections(blob);
}

}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_open(const void *blob, size_t size, tidbit_model *model, uint64_t *fault) {
  if (blob == nullptr || model == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (reinterpret_cast<std::uintptr_t>(blob) % TIDBIT_ALIGNMENT != 0) return TIDBIT_ERR_ALIGNMENT;
  auto *view = ::new (model->opaque) Model{};
  const Refusal refusal = open_model(static_cast<const std::byte *>(blob), size, *view);
  if (refusal.refused() && fault != nullptr) *fault = refusal.offset;
  return refusal.status;
}

extern "C" tidbit_status tidbit_verify(const tidbit_model *model, uint64_t *fault) {
  if (model == nullptr) return TIDBIT_ERR_ARGUMENT;
  const Model &m = model_of(model);
  for (std::uint32_t i = 0; i < m.header->section_count; ++i) {
    const Section &s = sections_of(m.blob)[i];
    if (hash64(m.blob + s.offset, static_cast<std::size_t>(s.bytes)) == s.checksum) continue;
    if (fault != nullptr) *fault = s.offset;
    return TIDBIT_ERR_CHECKSUM;
  }
  return TIDBIT_OK;
}
