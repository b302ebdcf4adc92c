// The signature of a blob: what it covers, and whether it is right. It is not compiled into builds without
// TIDBIT_TRUST.
#include <string.h>

#include "base/features.h"
#include "format/model.h"
#include "trust/pieces.h"
#include "trust/sha512.h"

namespace tidbit {
namespace {

using format::Section;
using format::SectionKind;
using format::Signature;

const Signature *signature_of(const Model &m) {
  const Section *s = m.section(SectionKind::signature);
  return s == nullptr ? nullptr : reinterpret_cast<const Signature *>(m.blob + s->offset);
}

tidbit_status verify(const Model &m, const tidbit_trust &trust) {
  const Signature *stored = signature_of(m);
  if (stored == nullptr || memcmp(stored->key_id, trust.public_key, sizeof stored->key_id) != 0) {
    return TIDBIT_ERR_SIGNATURE;
  }
  format::SignedMessage message;
  memcpy(message.domain, format::kSignatureDomain, sizeof message.domain);
  // A copy, so that what is hashed around the signature and what is checked are the same bytes.
  Signature signature;
  memcpy(&signature, stored, sizeof signature);
  const auto *rest = reinterpret_cast<const std::byte *>(stored + 1);
  Sha512 hash;
  if (!update_in_pieces(
          hash, m.blob,
          static_cast<std::uint64_t>(&stored->signature[0] - reinterpret_cast<const std::uint8_t *>(m.blob)),
          trust.poll, trust.poll_user) ||
      !update_in_pieces(hash, rest, m.header->blob_bytes - static_cast<std::uint64_t>(rest - m.blob), trust.poll,
                        trust.poll_user)) {
    return TIDBIT_CANCELED;
  }
  hash.finish(message.digest);
  const int wrong = trust.check(trust.check_user, signature.signature, trust.public_key, &message, sizeof message);
  return wrong == 0 ? TIDBIT_OK : TIDBIT_ERR_SIGNATURE;
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_verify_signature(const tidbit_model *model, const tidbit_trust *trust) {
  if constexpr (!features::kTrust) return TIDBIT_ERR_UNSUPPORTED;
  if (!is_open(model) || trust == nullptr || trust->public_key == nullptr || trust->check == nullptr) {
    return TIDBIT_ERR_ARGUMENT;
  }
  return verify(model_of(model), *trust);
}

extern "C" int tidbit_signature_key(const tidbit_model *model, uint8_t key_id[8]) {
  if (!is_open(model) || key_id == nullptr) return 0;
  const Signature *signature = signature_of(model_of(model));
  if (signature == nullptr) return 0;
  memcpy(key_id, signature->key_id, sizeof signature->key_id);
  return 1;
}

extern "C" uint32_t tidbit_revision(const tidbit_model *model) {
  return is_open(model) ? model_of(model).header->revision : 0;
}
