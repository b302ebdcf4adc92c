#include "converter/blob/signing_key.h"

#include <sodium.h>

#include <cstring>
#include <string>

#include "converter/checkpoint/file.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMostBytes = 4096;

// RFC 8410: version 0, the algorithm 1.3.101.112, and an octet string in an octet string.
constexpr unsigned char kPrefix[] = {0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                     0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr std::size_t kSeed = 32;

// Memory for secrets, wiped in the end.
template <std::size_t Bytes>
struct Secret {
  Secret() = default;
  ~Secret() { sodium_memzero(bytes, Bytes); }
  Secret(const Secret &) = delete;
  Secret &operator=(const Secret &) = delete;
  unsigned char bytes[Bytes];
};

void start_sodium() {
  if (sodium_init() < 0) throw ConvertError("libsodium cannot be started");
}

}  // namespace

SigningKey::SigningKey(const std::filesystem::path &path) {
  const InputFile file(path);
  Secret<kMostBytes> text;
  if (file.size() > kMostBytes) throw ConvertError(path.string() + ": is too long for an Ed25519 key");
  file.read(0, text.bytes, file.size());
  parse({reinterpret_cast<const char *>(text.bytes), static_cast<std::size_t>(file.size())}, path.string());
}

SigningKey::SigningKey(std::string_view pem, const std::string &name) { parse(pem, name); }

SigningKey::~SigningKey() { sodium_memzero(secret_, sizeof secret_); }

void SigningKey::parse(std::string_view pem, const std::string &name) {
  constexpr std::string_view kBegin = "-----BEGIN PRIVATE KEY-----", kEnd = "-----END PRIVATE KEY-----";
  const std::string expected =
      ": is not an Ed25519 private key in PEM; make one with 'openssl genpkey -algorithm ed25519 -out key.pem'";
  start_sodium();
  const std::size_t begin = pem.find(kBegin);
  const std::size_t end = begin == pem.npos ? pem.npos : pem.find(kEnd, begin);
  if (end == pem.npos) throw ConvertError(name + expected);
  const std::string_view text = pem.substr(begin + kBegin.size(), end - begin - kBegin.size());
  Secret<sizeof kPrefix + kSeed> der;
  std::size_t bytes = 0;
  const int bad = sodium_base642bin(der.bytes, sizeof der.bytes, text.data(), text.size(), " \r\n\t", &bytes, nullptr,
                                    sodium_base64_VARIANT_ORIGINAL);
  if (bad != 0 || bytes != sizeof der.bytes || std::memcmp(der.bytes, kPrefix, sizeof kPrefix) != 0) {
    throw ConvertError(name + expected);
  }
  crypto_sign_seed_keypair(public_key_, secret_, der.bytes + sizeof kPrefix);
}

format::Signature SigningKey::unsigned_section() const {
  format::Signature section{.algorithm = 1, .reserved = 0, .key_id = {}, .signature = {}};
  std::memcpy(section.key_id, public_key_, sizeof section.key_id);
  return section;
}

format::Signature SigningKey::sign(std::span<const std::byte> blob, std::uint64_t offset) const {
  format::Signature section = unsigned_section();
  const std::uint64_t skip = offset + offsetof(format::Signature, signature), rest = skip + sizeof section.signature;
  const auto *data = reinterpret_cast<const unsigned char *>(blob.data());
  format::SignedMessage message;
  std::memcpy(message.domain, format::kSignatureDomain, sizeof message.domain);
  crypto_hash_sha512_state hash;
  crypto_hash_sha512_init(&hash);
  crypto_hash_sha512_update(&hash, data, skip);
  crypto_hash_sha512_update(&hash, data + rest, blob.size() - rest);
  crypto_hash_sha512_final(&hash, message.digest);
  crypto_sign_detached(section.signature, nullptr, reinterpret_cast<const unsigned char *>(&message), sizeof message,
                       secret_);
  return section;
}

}  // namespace tidbit::convert
