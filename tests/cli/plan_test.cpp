// tidbit plan --header and --features.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/process.h"
#include "tidbit/tidbit.h"

namespace tidbit::test {
namespace {

const std::string kModel = TIDBIT_SAMPLE_BLOB;

bool compiles(const std::string &compiler, const std::string &file) {
  const Result result = run_program("/bin/sh", {"-c", compiler + " -Wall -Werror -fsyntax-only '" + file + "'"});
  EXPECT_EQ(result.code, 0) << result.error;
  return result.code == 0;
}

std::string header_of(const Scratch &scratch, const std::string &name, const Words &more) {
  Words words{"plan", kModel, "--header", scratch.path(name)};
  words.insert(words.end(), more.begin(), more.end());
  const Result result = tidbit(words);
  EXPECT_EQ(result.code, 0) << result.error;
  return read_file(scratch.path(name));
}

TEST(PlanHeader, DeclaresTheModel) {
  const Scratch scratch;
  const std::string header = header_of(scratch, "plan.h", {});
  EXPECT_NE(header.find("extern const unsigned char model_blob[TIDBIT_PLAN_BLOB_BYTES];"), std::string::npos);
  EXPECT_NE(header.find("aligned(64)"), std::string::npos);
}

TEST(PlanHeader, TwoModelsFitIntoOneProgram) {
  const Scratch scratch;
  header_of(scratch, "a.h", {"--prefix", "LAMP", "--context", "32"});
  header_of(scratch, "b.h", {"--prefix", std::string(64, 'x'), "--prompt-bytes", "100"});
  header_of(scratch, "c.h", {});
  const std::string program =
      "#include \"a.h\"\n#include \"b.h\"\n#include \"c.h\"\n"
      "unsigned char memory[LAMP_TOTAL_BYTES + TIDBIT_PLAN_TOTAL_BYTES];\n"
      "int f(void) { return lamp_blob[LAMP_CONTEXT] + model_blob[0]; }\n";
  EXPECT_TRUE(compiles(TIDBIT_C_COMPILER " -std=c99 -pedantic", scratch.write("two.c", program)));
  EXPECT_TRUE(compiles(TIDBIT_CXX_COMPILER " -std=c++11 -pedantic", scratch.write("two.cpp", program)));
}

TEST(PlanHeader, APrefixThatIsNoIdentifierIsRefused) {
  const Scratch scratch;
  for (const char *prefix : {"", "1A", "A-B", "A B", "A/*", "\xC3\xA4", "A\nB"}) {
    EXPECT_EQ(tidbit({"plan", kModel, "--prefix", prefix, "--header", scratch.path("plan.h")}).code, 2) << prefix;
  }
  EXPECT_EQ(tidbit({"plan", kModel, "--prefix", std::string(65, 'A')}).code, 2);
  EXPECT_EQ(scratch.file_count(), 0u);
}

TEST(PlanHeader, HasTheTokenizersWorkspaceForAPrompt) {
  const Scratch scratch;
  const std::string header = header_of(scratch, "plan.h", {"--prompt-bytes", "100"});
  const std::string plan = tidbit({"plan", kModel, "--prompt-bytes", "100", "--json"}).out;
  const auto bytes = nlohmann::json::parse(plan)["workspace_bytes"].get<uint64_t>();
  EXPECT_GT(bytes, 100u);
  EXPECT_LE(bytes, 32 * 100u + 256);
  EXPECT_NE(header.find("#define TIDBIT_PLAN_WORKSPACE_BYTES " + std::to_string(bytes) + "\n"), std::string::npos);
  EXPECT_NE(header.find("#define TIDBIT_PLAN_PROMPT_BYTES 100\n"), std::string::npos);
  EXPECT_NE(header.find("#define TIDBIT_PLAN_PROMPT_TOKENS "), std::string::npos);
}

TEST(PlanHeader, PromptBytesNeedATokenizer) {
  const Scratch scratch;
  const std::string model = scratch.path("model");
  ASSERT_EQ(run_program(TIDBIT_CONVERT_PROGRAM, {TIDBIT_SAMPLE_CHECKPOINT, "--tokenizer", "none", "-o", model}).code,
            0);
  EXPECT_EQ(tidbit({"plan", model, "--prompt-bytes", "100"}).code, 2);
  EXPECT_NE(tidbit({"plan", model, "--features", "cmake"}).out.find("-DTIDBIT_TOKENIZERS=\"\"\n"), std::string::npos);
}

TEST(Plan, CountsTheWorkers) {
  const nlohmann::json one = nlohmann::json::parse(tidbit({"plan", kModel, "--json"}).out);
  const nlohmann::json four = nlohmann::json::parse(tidbit({"plan", kModel, "--threads", "4", "--json"}).out);
  EXPECT_EQ(one["workers"], 1);
  EXPECT_EQ(four["workers"], 4);
  EXPECT_GT(four["bytes"]["scratch"], one["bytes"]["scratch"]);
}

TEST(Plan, RatesAreWrittenWithoutAnExponent) {
  const std::string out = tidbit({"plan", kModel, "--board", "alif-e7"}).out;
  EXPECT_EQ(out.find("e+0"), std::string::npos) << out;
}

TEST(PlanFeatures, AreTheOptionsOfTheSample) {
  EXPECT_EQ(tidbit({"plan", kModel, "--features", "cmake"}).out,
            "-DTIDBIT_WEIGHTS=\"q8\"\n-DTIDBIT_KV_FORMATS=\"f16\"\n-DTIDBIT_NORMS=\"rms\"\n"
            "-DTIDBIT_ACTIVATIONS=\"silu\"\n-DTIDBIT_LAYER_PARTS=\"\"\n-DTIDBIT_TOKENIZERS=\"byte_level\"\n"
            "-DTIDBIT_SPLIT_PROGRAM=OFF\n-DTIDBIT_NORMALIZER=OFF\n-DTIDBIT_HADAMARD=OFF\n");
  EXPECT_EQ(tidbit({"plan", kModel, "--features", "make"}).code, 2);
  EXPECT_EQ(tidbit({"plan", kModel, "--features", "cmake", "--json"}).code, 2);
  EXPECT_EQ(tidbit({"plan", kModel, "--features", "cmake", "--board", "pico2"}).code, 2);
}

TEST(PlanFeatures, ListAFormatOfTheEmbeddingsAlone) {
  const Scratch scratch;
  const std::string model = scratch.path("model");
  ASSERT_EQ(run_program(TIDBIT_CONVERT_PROGRAM, {TIDBIT_SAMPLE_CHECKPOINT, "--embeddings", "f16", "-o", model}).code,
            0);
  EXPECT_EQ(tidbit({"plan", model, "--features", "cmake"}).out.rfind("-DTIDBIT_WEIGHTS=\"f16;q8\"\n", 0), 0u);
}

// Every symbol that is printed exists, and every one for a kind of model is printed.
TEST(PlanFeatures, AreTheSymbolsOfKconfig) {
  const std::string kconfig = read_file(TIDBIT_KCONFIG);
  std::istringstream lines(tidbit({"plan", kModel, "--features", "kconfig"}).out);
  size_t printed = 0, defined = 0;
  for (std::string line; lines >> line;) {
    const std::string symbol = line.substr(7, line.find('=') - 7);  // after CONFIG_
    if (symbol.rfind("TIDBIT_WEIGHTS_", 0) == 0) continue;          // assemble.sh makes these
    EXPECT_NE(kconfig.find("config " + symbol + "\n"), std::string::npos) << line;
    ++printed;
  }
  for (const char *option : {"KV_FORMATS_", "NORMS_", "ACTIVATIONS_", "LAYER_PARTS_", "TOKENIZERS_", "SPLIT_PROGRAM",
                             "NORMALIZER", "HADAMARD"}) {
    const std::string start = std::string("config TIDBIT_") + option;
    for (size_t at = kconfig.find(start); at != std::string::npos; at = kconfig.find(start, at + 1)) ++defined;
  }
  EXPECT_EQ(printed, defined);
}

}  // namespace
}  // namespace tidbit::test
