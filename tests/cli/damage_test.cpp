// Blobs that tidbit_open accepts although a converter would not write them: weights that are not finite, and strings
// that would steer a terminal or break JSON.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "format/roles.h"
#include "tests/cli/process.h"
#include "tests/support/forged_blob.h"

namespace tidbit::test {
namespace {

ForgedBlob sample() {
  const std::string text = read_file(TIDBIT_SAMPLE_BLOB);
  return ForgedBlob(AlignedBytes(std::as_bytes(std::span(text))));
}

std::string write(const Scratch &scratch, ForgedBlob &blob) {
  blob.refresh_checksum();
  return scratch.write("forged", {reinterpret_cast<const char *>(blob.data()), blob.bytes().size()});
}

// A model whose final norm, and with it every logit, has this value in it.
std::string model_with_weight(const Scratch &scratch, float weight) {
  ForgedBlob blob = sample();
  const auto slot = blob.header().global_slots[static_cast<size_t>(format::GlobalRole::final_norm)];
  std::memcpy(blob.data() + blob.tensors()[slot].offset, &weight, sizeof weight);
  return write(scratch, blob);
}

void expect_refusal(const Words &words, const std::string &part) {
  const Result result = tidbit(words);
  EXPECT_EQ(result.code, 1) << words[0];
  EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << words[0] << result.error;
  EXPECT_NE(result.error.find(part), std::string::npos) << words[0] << result.error;
}

TEST(NotFinite, LogitsAreRefusedWithTheirPosition) {
  const Scratch scratch;
  const std::string text = scratch.write("text", "turn on the lights");
  for (const float weight : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::string model = model_with_weight(scratch, weight);
    expect_refusal({"eval", model, "--text", text}, "position 0");
    expect_refusal({"logits", model, "--tokens", "5,6", "-o", scratch.path("out")}, "position 0");
    expect_refusal({"bench", model, "--prompt", "3", "--gen", "2"}, "position 4");
    EXPECT_EQ(scratch.file_count(), 2u);
  }
}

TEST(NotFinite, RunStopsInsteadOfPrintingTokens) {
  constexpr auto kNotFinite = static_cast<tidbit_status>(22);
  if (std::string(tidbit_status_string(kNotFinite)) == "unknown status") GTEST_SKIP() << "the library does not say so";
  const Scratch scratch;
  const std::string model = model_with_weight(scratch, std::numeric_limits<float>::quiet_NaN());
  for (const char *temperature : {"0", "1"}) {
    expect_refusal({"run", model, "-p", "turn", "--temp", temperature}, "position ");
    EXPECT_EQ(tidbit({"run", model, "--tokens", "5", "--temp", temperature}).out, "\n");
  }
}

// Control characters of both blocks, quotes, invalid UTF-8 and an escape sequence.
const std::string kHostile =
    "\xC2\x9B"
    "2J\"\\\x1B[\x7F\xC2\x85\x9B\xFF\xE2\x82\n";

std::string hostile_model(const Scratch &scratch) {
  ForgedBlob blob = sample();
  char(&family)[sizeof blob.config().family] = blob.config().family;
  std::memset(family, 0, sizeof family);
  std::memcpy(family, kHostile.data(), std::min(kHostile.size(), sizeof family - 1));
  std::string bytes(reinterpret_cast<const char *>(blob.data()), blob.bytes().size());
  const size_t at = bytes.rfind("tidbit-convert");  // the converter's name, in the provenance
  if (at == std::string::npos) throw std::runtime_error("no provenance");
  std::memcpy(blob.data() + at, kHostile.data(), 14);
  return write(scratch, blob);
}

TEST(HostileStrings, ReachNoTerminal) {
  const Scratch scratch;
  const Result result = tidbit({"info", hostile_model(scratch)});
  ASSERT_EQ(result.code, 0) << result.error;
  EXPECT_NE(result.out.find(" ?2J\"\\?[?"), std::string::npos) << result.out;
  for (size_t i = 0; i < result.out.size(); ++i) {
    const auto c = static_cast<unsigned char>(result.out[i]);
    EXPECT_TRUE(c == '\n' || (c >= 32 && c < 127)) << i;
  }
}

TEST(HostileStrings, AreValidJson) {
  const Scratch scratch;
  const std::string model = hostile_model(scratch);
  const Result result = tidbit({"info", model, "--json"});
  const nlohmann::json info = nlohmann::json::parse(result.out);
  EXPECT_EQ(info["family"].get<std::string>().rfind("\xC2\x9B"
                                                    "2J\"\\\x1B[\x7F",
                                                    0),
            0u);
  EXPECT_EQ(result.out.find("\xC2\x9B"), std::string::npos) << "a control character is not escaped";
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
  EXPECT_TRUE(nlohmann::json::accept(tidbit({"plan", model, "--json"}).out));
}

TEST(HostileStrings, InAFileNameStayHarmless) {
  const std::string error = tidbit({"info", "/nonexistent/\xC2\x9B\x1B[\x9B"}).error;
  EXPECT_NE(error.find("/nonexistent/???[?: "), std::string::npos) << error;
}

}  // namespace
}  // namespace tidbit::test
