// Signed models: tidbit-convert --sign, tidbit verify --key, tidbit info.
#include <gtest/gtest.h>

#include "cli/public_key.h"
#include "tests/cli/process.h"

namespace tidbit::test {
namespace {

// Keys from RFC 8410, section 10: a private key and its public key.
const std::string kPrivate =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
const std::string kPublic =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";
const std::string kHex = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

Result sign(const Scratch &scratch, const std::string &key, const std::string &blob) {
  return run_program(TIDBIT_CONVERT_PROGRAM, {TIDBIT_SAMPLE_CHECKPOINT, "-o", scratch.path(blob), "--sign",
                                              scratch.write("key.pem", key), "--revision", "7"});
}

TEST(Signature, ASignedModelIsVerifiedWithItsPublicKey) {
  const Scratch scratch;
  ASSERT_EQ(sign(scratch, kPrivate, "a.tidbit").code, 0);
  const std::string blob = scratch.path("a.tidbit"), pem = scratch.write("pub.pem", kPublic);
  for (const std::string &key : {pem, kHex}) {
    const Result result = tidbit({"verify", blob, "--key", key});
    EXPECT_EQ(result.code, 0) << result.error;
    EXPECT_NE(result.out.find("the signature is valid"), std::string::npos) << result.out;
  }
  EXPECT_NE(tidbit({"verify", blob}).out.find("signed, not checked"), std::string::npos);
  const std::string info = tidbit({"info", blob}).out;
  EXPECT_NE(info.find("key 19bf44096984cdfe"), std::string::npos) << info;
  EXPECT_NE(info.find("revision            7"), std::string::npos) << info;
}

TEST(Signature, WrongKeysAndChangedOrUnsignedModelsAreErrors) {
  const Scratch scratch;
  ASSERT_EQ(sign(scratch, kPrivate, "a.tidbit").code, 0);
  std::string other = kHex;
  other[0] = '2';
  EXPECT_EQ(tidbit({"verify", scratch.path("a.tidbit"), "--key", other}).code, 1);
  EXPECT_EQ(tidbit({"verify", scratch.path("a.tidbit"), "--key", scratch.write("k", kPrivate)}).code, 1);
  EXPECT_EQ(tidbit({"verify", scratch.path("a.tidbit"), "--key", "12"}).code, 1);
  const Result plain = tidbit({"verify", TIDBIT_SAMPLE_BLOB, "--key", kHex});
  EXPECT_EQ(plain.code, 1);
  EXPECT_NE(plain.error.find("is not signed"), std::string::npos) << plain.error;
  std::string blob = read_file(scratch.path("a.tidbit"));
  blob[blob.size() / 2] = static_cast<char>(blob[blob.size() / 2] ^ 1);
  EXPECT_EQ(tidbit({"verify", scratch.write("b.tidbit", blob), "--key", kHex}).code, 1);
}

TEST(Signature, AFileThatIsNoPrivateKeyIsRefusedAndNothingIsWritten) {
  const Scratch scratch;
  for (const std::string &key : {std::string(), kPublic, std::string(5000, 'x'), kPrivate.substr(0, 60),
                                 kPrivate.substr(0, 40).append("!") + kPrivate.substr(41)}) {
    const Result result = sign(scratch, key, "a.tidbit");
    EXPECT_EQ(result.code, 1) << key;
    EXPECT_NE(result.error.find("key.pem"), std::string::npos) << result.error;
    EXPECT_EQ(scratch.file_count(), 1u);
  }
}

TEST(PublicKey, PemIsReadStrictly) {
  std::uint8_t key[32];
  const auto parse = [&](const std::string &pem) { return cli::parse_public_key(pem.data(), pem.size(), key); };
  EXPECT_TRUE(parse(kPublic));
  for (std::size_t cut = 0; cut + 1 < kPublic.size(); ++cut) EXPECT_FALSE(parse(kPublic.substr(0, cut))) << cut;
  for (const char *wrong : {"=", "A", "!", "-"}) {
    for (std::size_t at = 27; at < 87; ++at) EXPECT_FALSE(parse(std::string(kPublic).insert(at, wrong))) << at << wrong;
  }
}

}  // namespace
}  // namespace tidbit::test
