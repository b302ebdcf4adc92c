// SHA-512 and Ed25519 against their specifications and libsodium, and what the signature of a blob covers.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "tests/support/signed_blob.h"
#include "tests/support/tries.h"
#include "trust/sha512.h"

namespace tidbit::test {
namespace {

using Bytes = std::vector<unsigned char>;
using Digest = std::array<unsigned char, 64>;

Bytes from_hex(const std::string &hex) {
  if (hex.empty()) return {};  // sodium_hex2bin takes no null pointer
  Bytes bytes(hex.size() / 2);
  EXPECT_EQ(sodium_hex2bin(bytes.data(), bytes.size(), hex.data(), hex.size(), nullptr, nullptr, nullptr), 0);
  return bytes;
}

Digest sha512(const Bytes &data, std::size_t step) {
  Sha512 hash;
  for (std::size_t at = 0; at < data.size(); at += step) {
    hash.update(data.data() + at, std::min(step, data.size() - at));
  }
  std::uint8_t digest[64];
  hash.finish(digest);
  Digest result;
  std::copy(digest, digest + 64, result.begin());
  return result;
}

TEST(Sha512, GivesTheDigestsOfTheStandard) {
  const std::string abc = "abc", two =
                                     "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
                                     "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
  const auto hex = [](const std::string &text) {
    const Digest digest = sha512(Bytes(text.begin(), text.end()), 1000);
    char out[129];
    return std::string(sodium_bin2hex(out, sizeof out, digest.data(), digest.size()));
  };
  EXPECT_EQ(hex(abc),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(hex(two),
            "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
            "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909");
}

TEST(Sha512, EqualsTheOracleForEveryLengthAndSplit) {
  Bytes data;
  for (std::size_t bytes = 0; bytes < 400; ++bytes) {
    Digest expected;
    crypto_hash_sha512(expected.data(), data.data(), data.size());
    for (const std::size_t step : {1u, 7u, 128u, 129u, 1000u}) ASSERT_EQ(sha512(data, step), expected) << bytes;
    data.push_back(static_cast<unsigned char>(bytes * 37));
  }
}

bool accepts(const Bytes &key, const Bytes &message, const Bytes &signature) {
  return tidbit_ed25519(nullptr, signature.data(), key.data(), message.data(), message.size()) == 0;
}

bool oracle(const Bytes &key, const Bytes &message, const Bytes &signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

struct Vector {
  const char *key, *message, *signature;
};

// RFC 8032, section 7.1, tests 1 to 3.
constexpr Vector kVectors[] = {{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
                                "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
                               {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0"
                                "85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
                               {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1"
                                "8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}};

TEST(Ed25519, AcceptsTheSignaturesOfTheRfcAndNoOthers) {
  for (const Vector &v : kVectors) {
    const Bytes key = from_hex(v.key), message = from_hex(v.message);
    Bytes signature = from_hex(v.signature);
    EXPECT_TRUE(accepts(key, message, signature));
    for (unsigned bit = 0; bit < 512; bit += 5) {
      signature[bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
      EXPECT_FALSE(accepts(key, message, signature)) << bit;
      signature[bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
    }
  }
}

// Right signatures, and ones with a changed bit of the signature, the key or the message.
TEST(Ed25519, AgreesWithTheOracleOnThousandsOfInputs) {
  std::mt19937 random(1);
  Bytes key(32), secret(64), seed(32), message, signature(64);
  unsigned accepted = 0;
  for (int i = 0; i < tries(3000); ++i) {
    if (i % 4 == 0) {
      for (unsigned char &byte : seed) byte = static_cast<unsigned char>(random());
      message.resize(random() % 200 + 1);
      for (unsigned char &byte : message) byte = static_cast<unsigned char>(random());
      crypto_sign_seed_keypair(key.data(), secret.data(), seed.data());
      crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret.data());
    } else {
      Bytes &changed = i % 4 == 1 ? signature : i % 4 == 2 ? key : message;
      changed[random() % changed.size()] ^= static_cast<unsigned char>(1u << random() % 8);
    }
    const bool expected = oracle(key, message, signature);
    ASSERT_EQ(accepts(key, message, signature), expected) << i;
    accepted += expected;
  }
  EXPECT_GE(accepted, tries(3000) / 4u);
}

// Little-endian numbers of 32 bytes; the carry out of the last byte is dropped.
Bytes sum(Bytes a, const Bytes &b) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += a[i] + b[i];
    a[i] = static_cast<unsigned char>(carry);
    carry >>= 8;
  }
  return a;
}

const Bytes kL = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

TEST(Ed25519, AnSOfTheOrderOrMoreIsRefused) {
  const Bytes key = from_hex(kVectors[1].key), message = from_hex(kVectors[1].message);
  Bytes signature = from_hex(kVectors[1].signature);
  Bytes s(signature.begin() + 32, signature.end());
  for (unsigned i = 0; i < 14; ++i) {
    s = sum(s, kL);  // the same point
    std::copy(s.begin(), s.end(), signature.begin() + 32);
    EXPECT_FALSE(accepts(key, message, signature)) << i;
  }
}

// The y of points of order 1, 2, 4 and 8, all encodings of them, and both signs.
std::vector<Bytes> small_order_encodings() {
  const Bytes p = from_hex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  Bytes zero(32), one(32), minus_one = p, minus(32, 0xFF);
  one[0] = 1;
  minus_one[0] -= 1;
  // [L]P of a random P is of small order.
  std::vector<Bytes> found = {zero, one, minus_one, p, sum(p, one)};
  std::mt19937 random(2);
  for (unsigned i = 0; i < 2000 && found.size() < 7; ++i) {
    Bytes point(32), base(32);
    for (unsigned char &byte : point) byte = static_cast<unsigned char>(random());
    point[31] &= 0x7F;
    // crypto_scalarmult_ed25519 refuses points outside of the main subgroup; adding does not.
    Bytes result(32), bit(kL);
    if (crypto_core_ed25519_add(base.data(), point.data(), point.data()) != 0) continue;
    Bytes multiple = one;  // the neutral element
    bool sound = true;
    for (int n = 255; n >= 0 && sound; --n) {
      sound = crypto_core_ed25519_add(multiple.data(), multiple.data(), multiple.data()) == 0;
      if (sound && (bit[static_cast<unsigned>(n) / 8] >> n % 8 & 1) != 0) {
        sound = crypto_core_ed25519_add(multiple.data(), multiple.data(), point.data()) == 0;
      }
    }
    multiple[31] &= 0x7F;
    if (sound && std::find(found.begin(), found.end(), multiple) == found.end()) found.push_back(multiple);
  }
  const std::size_t count = found.size();
  for (std::size_t i = 0; i < count; ++i) {
    found.push_back(found[i]);
    found.back()[31] |= 0x80;
  }
  return found;
}

// With a key of small order, S = 0 and R of small order satisfy the equation for some messages.
TEST(Ed25519, KeysAndRsOfSmallOrderAreRefused) {
  const std::vector<Bytes> points = small_order_encodings();
  EXPECT_EQ(points.size(), 14u);  // two y of order 8 among them
  const Bytes good = from_hex(kVectors[0].key);
  for (const Bytes &key : points) {
    for (const Bytes &r : points) {
      Bytes signature = r;
      signature.resize(64);
      for (unsigned char m = 0; m < 16; ++m) EXPECT_FALSE(accepts(key, {m}, signature));
      EXPECT_FALSE(accepts(good, {1}, signature));
    }
  }
}

TEST(Ed25519, KeysThatAreNotCanonicalAreRefused) {
  // y = p + n, for the n below 19 that give a point.
  Bytes y = from_hex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), one(32);
  one[0] = 1;
  for (unsigned n = 0; n < 19; ++n, y = sum(y, one)) {
    for (const unsigned sign : {0u, 0x80u}) {
      Bytes key = y;
      key[31] |= static_cast<unsigned char>(sign);
      EXPECT_FALSE(accepts(key, {1}, Bytes(64)));
    }
  }
}

tidbit_status status_of(ForgedBlob &blob, const tidbit_trust &trust) {
  tidbit_model model;
  const tidbit_status status = tidbit_open(blob.data(), blob.bytes().size(), &model, nullptr);
  return status == TIDBIT_OK ? tidbit_verify_signature(&model, &trust) : status;
}

TEST(Signature, BlobSignedWithTheKeyIsAccepted) {
  const Key key(1);
  ForgedBlob blob = signed_blob(key);
  EXPECT_EQ(status_of(blob, key.trust()), TIDBIT_OK);
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob.data(), blob.bytes().size(), &model, nullptr), TIDBIT_OK);
  EXPECT_EQ(tidbit_verify(&model, nullptr, nullptr, nullptr), TIDBIT_OK);
  unsigned char id[8];
  EXPECT_EQ(tidbit_signature_key(&model, id), 1);
  EXPECT_EQ(std::memcmp(id, key.pub, sizeof id), 0);
}

TEST(Signature, AnotherKeyIsRefused) {
  const Key key(1), other(2);
  ForgedBlob blob = signed_blob(key);
  EXPECT_EQ(status_of(blob, other.trust()), TIDBIT_ERR_SIGNATURE);
  // Also if the blob claims the other key.
  std::memcpy(blob.data() + signature_offset(blob) - 8, other.pub, 8);
  EXPECT_EQ(status_of(blob, other.trust()), TIDBIT_ERR_SIGNATURE);
}

TEST(Signature, BlobWithoutOneIsRefused) {
  const Key key(1);
  ForgedBlob plain(build_blob(smallest_model()));
  EXPECT_EQ(status_of(plain, key.trust()), TIDBIT_ERR_SIGNATURE);
  ForgedBlob removed = signed_blob(key);
  removed.header().section_count = 1;
  removed.refresh_checksum();
  EXPECT_NE(status_of(removed, key.trust()), TIDBIT_OK);
  ForgedBlob renamed = signed_blob(key);
  renamed.sections()[1].kind = static_cast<format::SectionKind>(77);
  renamed.refresh_checksum();
  EXPECT_EQ(status_of(renamed, key.trust()), TIDBIT_ERR_SIGNATURE);
}

// Stands for a perfect signature: accepts one message with one signature. Ed25519 itself would take minutes here.
struct Perfect {
  format::SignedMessage message;
  unsigned char signature[64];

  static int check(void *user, const std::uint8_t *signature, const std::uint8_t *, const void *message,
                   std::size_t bytes) {
    const auto *p = static_cast<const Perfect *>(user);
    return bytes != sizeof p->message || std::memcmp(message, &p->message, bytes) != 0 ||
           std::memcmp(signature, p->signature, 64) != 0;
  }
};

// An attacker also computes the header's checksum again.
TEST(Signature, EveryChangedBitIsRefused) {
  const Key key(1);
  ForgedBlob blob = signed_blob(key);
  Perfect perfect{message_of(blob), {}};
  std::memcpy(perfect.signature, blob.data() + signature_offset(blob), 64);
  const tidbit_trust trust{key.pub, Perfect::check, &perfect, nullptr, nullptr};
  ASSERT_EQ(status_of(blob, trust), TIDBIT_OK);
  const std::uint64_t checksum = blob.header().header_checksum;
  for (std::size_t bit = 0; bit < 8 * blob.bytes().size(); bit += kEvery) {
    const std::byte mask{static_cast<unsigned char>(1u << bit % 8)};
    blob.data()[bit / 8] ^= mask;
    ASSERT_NE(status_of(blob, trust), TIDBIT_OK) << "bit " << bit;
    if (bit / 8 < sizeof(format::Header) + 64 && bit / 8 >= 24 + 8) {
      blob.refresh_checksum();
      ASSERT_NE(status_of(blob, trust), TIDBIT_OK) << "bit " << bit;
      blob.header().header_checksum = checksum;
    }
    blob.data()[bit / 8] ^= mask;
  }
}

TEST(Signature, TruncatedBlobIsRefusedAndBytesBehindItAreNotRead) {
  const Key key(1);
  ForgedBlob blob = signed_blob(key);
  const std::size_t bytes = blob.bytes().size();
  tidbit_model model;
  for (std::size_t cut = 0; cut < bytes; cut += 64) {
    EXPECT_NE(tidbit_open(blob.data(), cut, &model, nullptr), TIDBIT_OK);
  }
  // Extended in the header, too.
  AlignedBytes longer(bytes + 64);
  std::memcpy(longer.data(), blob.data(), bytes);
  ForgedBlob extended(longer);
  const tidbit_trust trust = key.trust();
  EXPECT_EQ(status_of(extended, trust), TIDBIT_OK);
  extended.header().blob_bytes += 64;
  extended.refresh_checksum();
  EXPECT_EQ(status_of(extended, trust), TIDBIT_ERR_SIGNATURE);
}

TEST(Signature, PollIsCalledAndCanStopTheHashing) {
  const Key key(1);
  ForgedBlob blob = signed_blob(key);
  unsigned left = 1;
  tidbit_trust trust = key.trust();
  trust.poll = [](void *user) {
    auto &n = *static_cast<unsigned *>(user);
    return n-- == 0 ? 1 : 0;
  };
  trust.poll_user = &left;
  EXPECT_EQ(status_of(blob, trust), TIDBIT_CANCELED);
  left = 1000;
  EXPECT_EQ(status_of(blob, trust), TIDBIT_OK);
  EXPECT_GE(1000 - left, blob.bytes().size() / 1024);
}

TEST(Signature, NullPointersAreArguments) {
  const Key key(1);
  ForgedBlob blob = signed_blob(key);
  EXPECT_EQ(status_of(blob, {nullptr, tidbit_ed25519, nullptr, nullptr, nullptr}), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(status_of(blob, {key.pub, nullptr, nullptr, nullptr, nullptr}), TIDBIT_ERR_ARGUMENT);
}

}  // namespace
}  // namespace tidbit::test
