// Errors: one line on standard error, nothing on standard output, exit code 2 for the command line and 1 for data.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tests/cli/process.h"

namespace tidbit::test {
namespace {

const std::string kModel = TIDBIT_SAMPLE_BLOB;

// Checks the form of the error and returns it.
std::string refusal(const Words &arguments, int code) {
  const Result result = tidbit(arguments);
  std::string line;
  for (const std::string &word : arguments) line += word + " ";
  EXPECT_EQ(result.code, code) << line << result.error;
  EXPECT_EQ(result.out, "") << line;
  EXPECT_EQ(result.error.rfind("tidbit: ", 0), 0u) << line << result.error;
  EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << line << result.error;
  return result.error;
}

TEST(Errors, TheCommandLineIsCheckedStrictly) {
  for (const Words &words : {Words{},
                             {"walk"},
                             {"run"},
                             {"run", kModel, "extra"},
                             {"info", kModel, kModel},
                             {"tokenize", kModel},
                             {"detokenize", kModel},
                             {"logits", kModel},
                             {"eval", kModel},
                             {"eval", kModel, "--text", "a", "--ids", "b"},
                             {"info", kModel, "--json=yes"},
                             {"run", kModel, "--threads"},
                             {"info", ""},
                             {"plan", kModel, "--header", ""},
                             {"logits", kModel, "--tokens", "1", "-o", ""},
                             {"eval", kModel, "--text="},
                             {"run", kModel, "-p", "a", "--tokens", "1"},
                             {"run", kModel, "--echo", "--logprobs", "2"},
                             {"run", kModel, "--logprobs", "0"},
                             {"run", kModel, "--logprobs", "21"},
                             {"run", kModel, "--choice", ""},
                             {"run", kModel, "--choice", "a,"},
                             {"run", kModel, "--choice", "a,,b"},
                             {"run", kModel, "--choice", "a,b", "--tokens", "1"},
                             {"run", kModel, "--choice", "a,b", "--stats"},
                             {"run", kModel, "--choice", "a,b", "--stop", "c"},
                             {"run", kModel, "--choice", "a,b", "--grammar", "g"},
                             {"run", kModel, "--stop", ""}}) {
    refusal(words, 2);
  }
}

TEST(Errors, NumbersAreWholeAndInRange) {
  for (const Words &pair : {Words{"--threads", "0"},
                            {"--threads", "65"},
                            {"-n", "-1"},
                            {"-n", "4294967296"},
                            {"-n", "1x"},
                            {"-n", ""},
                            {"-n", "99999999999999999999999"},
                            {"-n", "1.5"},
                            {"--temp", "nan"},
                            {"--temp", "inf"},
                            {"--temp", "-0.1"},
                            {"--temp", "1e999"},
                            {"--temp", "0x1"},
                            {"--temp", "1e"},
                            {"--temp", ""},
                            {"--top-p", "1.1"},
                            {"--seed", "18446744073709551616"},
                            {"--seed", "x"},
                            {"--context", "0"},
                            {"--context", "4000000000"},
                            {"--tokens", "1,,2"},
                            {"--tokens", "1,"},
                            {"--tokens", ""},
                            {"--tokens", "a"},
                            {"--tokens", "1 2"},
                            {"--tokens", "2147483648"},
                            {"--tokens", "2147483647"}}) {
    refusal({"run", kModel, pair[0], pair[1]}, 2);
  }
}

TEST(Errors, EveryNumericOptionIsStrict) {
  const std::vector<Words> options{
      {"run", "-n"},         {"run", "--temp"},           {"run", "--top-k"},         {"run", "--top-p"},
      {"run", "--min-p"},    {"run", "--repeat-penalty"}, {"run", "--logprobs"},      {"run", "--seed"},
      {"run", "--context"},  {"run", "--threads"},        {"plan", "--context"},      {"plan", "--chunk"},
      {"plan", "--threads"}, {"logits", "--chunk"},       {"plan", "--prompt-bytes"}, {"logits", "--threads"},
      {"eval", "--context"}, {"eval", "--threads"},       {"bench", "--prompt"},      {"bench", "--gen"},
      {"bench", "--chunk"},  {"bench", "--threads"}};
  for (const Words &option : options) {
    for (const char *word : {"1e9", "-1", "99999999999999999999", "", "0x10", " 5", "5x", "nan", "-nan", "inf", "+1"}) {
      refusal({option[0], kModel, option[1], word}, 2);
    }
  }
}

TEST(Errors, SamplingOptionsAtTheirLimitsAreAccepted) {
  for (const Words &pair : {Words{"--top-k", "4294967295"},
                            {"--top-p", "0"},
                            {"--top-p", "1"},
                            {"--min-p", "1"},
                            {"--temp", "1e-30"},
                            {"--temp", "100"},
                            {"--repeat-penalty", "100"}}) {
    EXPECT_EQ(tidbit({"run", kModel, "-p", "turn", "-n", "3", pair[0], pair[1]}).code, 0) << pair[0] << pair[1];
  }
}

TEST(Errors, AStopNeedsATokenizer) {
  const Scratch scratch;
  const std::string model = scratch.path("model");
  ASSERT_EQ(run_program(TIDBIT_CONVERT_PROGRAM, {TIDBIT_SAMPLE_CHECKPOINT, "--tokenizer", "none", "-o", model}).code,
            0);
  EXPECT_NE(refusal({"run", model, "--tokens", "5", "--stop", "x"}, 2).find("no tokenizer"), std::string::npos);
}

TEST(Errors, UnknownOptionsPointToHelp) {
  EXPECT_NE(refusal({"run", kModel, "--tmep", "1"}, 2).find("tidbit run --help"), std::string::npos);
}

TEST(Errors, AnInstructionSetOfAnotherCpuIsRefusedWithThoseOfThisOne) {
  EXPECT_NE(refusal({"run", kModel, "--isa", "altivec"}, 2).find("scalar"), std::string::npos);
#ifdef __x86_64__
  EXPECT_NE(refusal({"run", kModel, "--isa", "neon"}, 2).find("scalar"), std::string::npos);
#endif
}

TEST(Errors, FilesThatAreNoModel) {
  const Scratch scratch;
  EXPECT_NE(refusal({"info", scratch.path("absent")}, 1).find("No such file"), std::string::npos);
  EXPECT_NE(refusal({"info", scratch.path("")}, 1).find("directory"), std::string::npos);
  EXPECT_NE(refusal({"info", scratch.write("empty", "")}, 1).find("empty"), std::string::npos);
  EXPECT_NE(refusal({"info", scratch.write("text", std::string(5000, 'x'))}, 1).find("tidbit-convert"),
            std::string::npos);
  const std::string blob = read_file(kModel);
  for (const size_t bytes : {size_t{1}, size_t{8}, size_t{100}, blob.size() / 2, blob.size() - 1}) {
    refusal({"info", scratch.write("short", blob.substr(0, bytes))}, 1);
  }
}

TEST(Errors, PipesAndDevicesAreRefusedAtOnceByWhatTheyAre) {
  const Scratch scratch;
  ASSERT_EQ(mkfifo(scratch.path("pipe").c_str(), 0600), 0);
  for (const auto &[path, what] :
       {std::pair(scratch.path("pipe"), "is a pipe"), std::pair(std::string("/dev/zero"), "is a device")}) {
    EXPECT_NE(refusal({"info", path}, 1).find(what), std::string::npos);
    EXPECT_NE(refusal({"run", path, "--preload", "-p", "a"}, 1).find(what), std::string::npos);
    EXPECT_NE(refusal({"eval", kModel, "--text", path}, 1).find(what), std::string::npos);
  }
}

TEST(Errors, TokenIdsForEvalMustBeNumbersOfTheVocabulary) {
  const Scratch scratch;
  for (const char *ids : {"1,x", "1 -2", "1,99999999", "1,99999999999999999999", "\xFF"}) {
    EXPECT_NE(refusal({"eval", kModel, "--ids", scratch.write("ids", ids)}, 1).find("no token id below"),
              std::string::npos);
  }
  EXPECT_NE(refusal({"eval", kModel, "--ids", scratch.write("ids", "7")}, 1).find("too short"), std::string::npos);
}

TEST(Errors, ATextBeyondTheLimitIsRefusedUnread) {
  const Scratch scratch;
  const std::string text = scratch.write("text", "a");
  ASSERT_EQ(truncate(text.c_str(), off_t{1} << 30), 0);  // a size that a 32-bit off_t holds
  EXPECT_NE(refusal({"eval", kModel, "--text", text}, 1).find("shorter text"), std::string::npos);
}

TEST(Errors, AModelOfAnotherFormatVersionComesWithOneRemedy) {
  const Scratch scratch;
  std::string blob = read_file(kModel);
  const char *remedies[] = {"convert the checkpoint again", "update the library"};
  for (const int version : {1, 3}) {
    blob[8] = static_cast<char>(version);
    const std::string line = refusal({"info", scratch.write("other", blob)}, 1);
    EXPECT_EQ(line.find(remedies[0]) != std::string::npos, version == 1) << line;
    EXPECT_EQ(line.find(remedies[1]) != std::string::npos, version == 3) << line;
    EXPECT_EQ(line.find("copy the model again"), std::string::npos) << line;
  }
}

TEST(Errors, NamesThatWouldBreakTheLineAreMadeHarmless) { refusal({"info", "a\nb\033[31m"}, 1); }

TEST(Errors, APromptThatDoesNotFitNamesBothNumbers) {
  const std::string line = refusal({"run", kModel, "--context", "2", "-p", "turn on the lights in the kitchen"}, 1);
  EXPECT_NE(line.find("--context"), std::string::npos);
}

TEST(Errors, OutputsThatCannotBeWritten) {
  refusal({"plan", kModel, "--header", "/nonexistent/plan.h"}, 1);
  refusal({"logits", kModel, "--tokens", "1", "-o", "/nonexistent/l.f32"}, 1);
  refusal({"eval", kModel, "--text", "/nonexistent/t"}, 1);
}

}  // namespace
}  // namespace tidbit::test
