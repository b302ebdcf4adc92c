// Signed tiny blobs. libsodium signs, so that it and the library check each other.
#pragma once

#include <sodium.h>

#include <cstring>

#include "tests/support/forged_blob.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {

struct Key {
  explicit Key(unsigned char seed) {
    unsigned char seeds[32];
    std::memset(seeds, seed, sizeof seeds);
    crypto_sign_seed_keypair(pub, secret, seeds);
  }
  tidbit_trust trust() const { return {pub, tidbit_ed25519, nullptr, nullptr, nullptr}; }

  unsigned char pub[32], secret[64];
};

// A blob of about 5 KB. Other seeds have other weights.
inline TinyModel smallest_model(std::uint64_t seed = 1) {
  TinyModel model = tiny_llama(format::Format::q8, format::Format::f16);
  model.config.vocab_size = 4;
  model.config.max_context = model.config.default_context = 4;
  model.layer_kinds = {0};
  model.seed = seed;
  // Makes room for a section, which becomes the signature.
  model.self_test = format::SelfTest{.token_count = 1, .reserved = 0, .hash = 0, .tokens = {1}};
  return model;
}

inline std::size_t signature_offset(ForgedBlob &blob) {
  return static_cast<std::size_t>(blob.sections()[1].offset) + offsetof(format::Signature, signature);
}

inline format::SignedMessage message_of(ForgedBlob &blob) {
  format::SignedMessage message;
  std::memcpy(message.domain, format::kSignatureDomain, sizeof message.domain);
  const std::size_t skip = signature_offset(blob);
  const auto *data = reinterpret_cast<const unsigned char *>(blob.data());
  crypto_hash_sha512_state hash;
  crypto_hash_sha512_init(&hash);
  crypto_hash_sha512_update(&hash, data, skip);
  crypto_hash_sha512_update(&hash, data + skip + 64, blob.bytes().size() - skip - 64);
  crypto_hash_sha512_final(&hash, message.digest);
  return message;
}

inline ForgedBlob signed_blob(const Key &key, std::uint32_t revision = 0, std::uint64_t seed = 1) {
  ForgedBlob blob(build_blob(smallest_model(seed)));
  blob.header().revision = revision;
  format::Section &section = blob.sections()[1];
  section.kind = format::SectionKind::signature;
  section.checksum = 0;
  format::Signature signature{.algorithm = 1, .reserved = 0, .key_id = {}, .signature = {}};
  std::memcpy(signature.key_id, key.pub, sizeof signature.key_id);
  std::memcpy(blob.data() + section.offset, &signature, sizeof signature);
  blob.refresh_checksum();
  const format::SignedMessage message = message_of(blob);
  crypto_sign_detached(reinterpret_cast<unsigned char *>(blob.data()) + signature_offset(blob), nullptr,
                       reinterpret_cast<const unsigned char *>(&message), sizeof message, key.secret);
  return blob;
}

}  // namespace tidbit::test
