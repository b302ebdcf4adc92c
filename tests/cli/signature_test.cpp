// Signed models: tidbit-convert --sign of a checkpoint and of a blob, tidbit verify --key, tidbit info.
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

Result sign_again(const Scratch &scratch, const std::string &source, const std::string &output,
                  const Words &more = {}) {
  Words words = {source, "-o", scratch.path(output), "--sign", scratch.write("key.pem", kPrivate)};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(TIDBIT_CONVERT_PROGRAM, words);
}

TEST(SigningABlob, GivesWhatTheConverterWritesWithTheKey) {
  const Scratch scratch;
  ASSERT_EQ(sign(scratch, kPrivate, "signed.tidbit").code, 0);
  const std::string plain = scratch.path("plain.tidbit");
  ASSERT_EQ(run_program(TIDBIT_CONVERT_PROGRAM, {TIDBIT_SAMPLE_CHECKPOINT, "-o", plain, "--revision", "7"}).code, 0);
  const std::string before = read_file(plain);
  const Result result = sign_again(scratch, plain, "a.tidbit");
  EXPECT_EQ(result.code, 0) << result.error;
  EXPECT_TRUE(read_file(scratch.path("a.tidbit")) == read_file(scratch.path("signed.tidbit")));
  EXPECT_TRUE(read_file(plain) == before);
  EXPECT_EQ(tidbit({"verify", scratch.path("a.tidbit"), "--key", kHex}).code, 0);
}

TEST(SigningABlob, LeavesOutWhatFollowsTheBlob) {
  const Scratch scratch;
  ASSERT_EQ(sign(scratch, kPrivate, "signed.tidbit").code, 0);
  const std::string blob = read_file(scratch.path("signed.tidbit"));
  ASSERT_EQ(sign_again(scratch, scratch.write("longer", blob + std::string(100, 'x')), "a.tidbit").code, 0);
  EXPECT_TRUE(read_file(scratch.path("a.tidbit")) == blob);
}

TEST(SigningABlob, ReplacesASignature) {
  const Scratch scratch;
  std::string other = kPrivate;
  other.replace(other.find("INTuc"), 5, "INTud");
  ASSERT_EQ(sign(scratch, other, "other.tidbit").code, 0);
  ASSERT_EQ(sign(scratch, kPrivate, "signed.tidbit").code, 0);
  EXPECT_EQ(tidbit({"verify", scratch.path("other.tidbit"), "--key", kHex}).code, 1);
  ASSERT_EQ(sign_again(scratch, scratch.path("other.tidbit"), "a.tidbit").code, 0);
  EXPECT_TRUE(read_file(scratch.path("a.tidbit")) == read_file(scratch.path("signed.tidbit")));
}

TEST(SigningABlob, RefusesDamagedBlobsAndWritesNothing) {
  const Scratch scratch;
  const std::string blob = read_file(TIDBIT_SAMPLE_BLOB);
  std::string changed = blob;
  changed[blob.size() / 2] = static_cast<char>(changed[blob.size() / 2] ^ 1);
  for (const std::string &bytes : {changed, blob.substr(0, blob.size() - 64), blob.substr(0, 8)}) {
    const Result result = sign_again(scratch, scratch.write("damaged", bytes), "a.tidbit");
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.error.find("damaged"), std::string::npos) << result.error;
    EXPECT_EQ(result.error.find('\n') + 1, result.error.size()) << result.error;
    EXPECT_EQ(scratch.file_count(), 2u);
  }
}

TEST(SigningABlob, RefusesOptionsOfAConversionAndItsOwnInput) {
  const Scratch scratch;
  const std::string blob = scratch.write("blob", read_file(TIDBIT_SAMPLE_BLOB));
  for (const Words &more : {Words{"--weights", "q4"}, Words{"--revision", "1"}, Words{"--tokenizer", "none"}}) {
    const Result result = sign_again(scratch, blob, "a.tidbit", more);
    EXPECT_EQ(result.code, 2);
    EXPECT_NE(result.error.find(more[0]), std::string::npos) << result.error;
  }
  for (const char *output : {"blob", "key.pem"}) EXPECT_EQ(sign_again(scratch, blob, output).code, 1);
  EXPECT_EQ(run_program(TIDBIT_CONVERT_PROGRAM, {blob, "-o", scratch.path("a.tidbit")}).code, 1);
  EXPECT_EQ(scratch.file_count(), 2u);
  EXPECT_TRUE(read_file(blob) == read_file(TIDBIT_SAMPLE_BLOB));
}

TEST(SigningABlob, LeavesNothingBehindIfTheFileIsTooLarge) {
  const Scratch scratch;
  const std::string key = scratch.write("key.pem", kPrivate);
  const Result result = run_program("/bin/sh", {"-c", "ulimit -f 100; exec \"$0\" \"$@\"", TIDBIT_CONVERT_PROGRAM,
                                                TIDBIT_SAMPLE_BLOB, "-o", scratch.path("a.tidbit"), "--sign", key});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.error.find("cannot be written"), std::string::npos) << result.error;
  EXPECT_EQ(scratch.file_count(), 1u);
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
