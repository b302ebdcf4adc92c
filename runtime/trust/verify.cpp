// Compares the checksums of all sections.
#include "base/hash.h"
#include "format/model.h"
#include "trust/pieces.h"

using namespace tidbit;

extern "C" tidbit_status tidbit_verify(const tidbit_model *model, tidbit_poll poll, void *poll_user, uint64_t *fault) {
  if (!is_open(model)) return TIDBIT_ERR_ARGUMENT;
  const Model &m = model_of(model);
  for (std::uint32_t i = 0; i < m.header->section_count; ++i) {
    const format::Section &s = m.sections[i];
    if (s.kind == format::SectionKind::signature) continue;  // has no checksum: its place is signed
    Hash64 hash;
    if (!update_in_pieces(hash, m.blob + s.offset, s.bytes, poll, poll_user)) return TIDBIT_CANCELED;
    if (hash.digest() == s.checksum) continue;
    if (fault != nullptr) *fault = s.offset;
    return TIDBIT_ERR_CHECKSUM;
  }
  return TIDBIT_OK;
}
