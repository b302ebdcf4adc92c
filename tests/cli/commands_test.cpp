// The output of each command on success.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "converter/grammar/compile.h"
#include "tests/cli/process.h"
#include "tidbit/tidbit.h"

namespace tidbit::test {
namespace {

const std::string kModel = TIDBIT_SAMPLE_BLOB;

nlohmann::json json_of(const Words &arguments) {
  const Result result = tidbit(arguments);
  EXPECT_EQ(result.code, 0) << result.error;
  return nlohmann::json::parse(result.out);
}

TEST(Commands, VersionAndHelpPrintAndSucceed) {
  EXPECT_EQ(tidbit({"--version"}).out, "tidbit " TIDBIT_TEST_VERSION "\n");
  const Result overview = tidbit({"--help"});
  EXPECT_EQ(overview.code, 0);
  for (const char *command :
       {"run", "chat", "info", "plan", "verify", "tokenize", "detokenize", "logits", "eval", "bench"}) {
    EXPECT_NE(overview.out.find(command), std::string::npos);
    const Result help = tidbit({command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_EQ(help.error, "");
    EXPECT_EQ(help.out.rfind("tidbit " + std::string(command), 0), 0u);
  }
}

TEST(Commands, InfoSaysTheSameInBothForms) {
  const nlohmann::json info = json_of({"info", kModel, "--json"});
  const std::string plain = tidbit({"info", kModel}).out;
  for (const auto &[key, value] : info.items()) EXPECT_NE(plain.find(key), std::string::npos) << key;
  EXPECT_TRUE(info["vocab_size"].is_number_unsigned());
  EXPECT_EQ(info["blob_bytes"], read_file(kModel).size());
  EXPECT_TRUE(info["tokenizer"]);
}

TEST(Commands, InfoLeavesOutOfALayerOnlyWhatIsZeroNoOrNone) {
  const nlohmann::json kind = json_of({"info", kModel, "--json"})["layer_kind_0"];
  const std::string plain = tidbit({"info", kModel}).out;
  for (const auto &[key, value] : kind.items()) {
    const bool left_out = value == 0 || value == "no" || value == "none";
    EXPECT_EQ(plain.find("\n" + key + " ") == std::string::npos, left_out) << key;
  }
}

TEST(Commands, PlanSumsUpAndItsHeaderHasTheSameFigures) {
  const Scratch scratch;
  const std::string header = scratch.path("plan.h");
  const nlohmann::json plan = json_of({"plan", kModel, "--context", "32", "--chunk=4", "--json", "--header", header});
  uint64_t sum = 0;
  for (const auto &[part, bytes] : plan["bytes"].items()) sum += bytes.get<uint64_t>();
  EXPECT_EQ(plan["total"], sum);
  EXPECT_EQ(plan["context"], 32);
  EXPECT_EQ(plan["chunk"], 4);
  const std::string text = read_file(header);
  EXPECT_NE(text.find("#define TIDBIT_PLAN_TOTAL_BYTES " + std::to_string(sum) + "\n"), std::string::npos);
  EXPECT_NE(text.find("#define TIDBIT_PLAN_CONTEXT 32\n"), std::string::npos);
  EXPECT_EQ(scratch.file_count(), 1u) << "a temporary file was left behind";
}

TEST(Commands, VerifyAcceptsTheSample) { EXPECT_EQ(tidbit({"verify", kModel}).code, 0); }

TEST(Commands, VerifyFindsOneFlippedBit) {
  const Scratch scratch;
  std::string blob = read_file(kModel);
  blob[blob.size() / 2] = static_cast<char>(blob[blob.size() / 2] ^ 1);
  const Result result = tidbit({"verify", scratch.write("bad.tidbit", blob)});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "");
}

TEST(Commands, DetokenizeInvertsTokenize) {
  const std::string text = "turn on the lights";
  std::istringstream ids(tidbit({"tokenize", kModel, text}).out);
  Words words{"detokenize", kModel};
  for (std::string id; ids >> id;) words.push_back(id);
  EXPECT_EQ(tidbit(words).out, text);
  EXPECT_EQ(tidbit({"tokenize", kModel, "-"}, text).out, tidbit({"tokenize", kModel, text}).out);
}

TEST(Commands, TextBeginsWithTheTokenOfTheConfigurationIfTheTokenizerPutsNone) {
  const Scratch scratch;
  const std::filesystem::path sample = TIDBIT_SAMPLE_CHECKPOINT, folder = scratch.path("checkpoint");
  std::filesystem::create_directory(folder);
  for (const char *name : {"model.safetensors", "tokenizer.json"}) {
    std::filesystem::create_symlink(sample / name, folder / name);
  }
  nlohmann::json config = nlohmann::json::parse(read_file((sample / "config.json").string()));
  config["bos_token_id"] = 7;
  scratch.write("checkpoint/config.json", config.dump());
  const std::string model = scratch.path("model.tidbit");
  const Result converted = run_program(TIDBIT_CONVERT_PROGRAM, {folder.string(), "-o", model});
  ASSERT_EQ(converted.code, 0) << converted.error;
  EXPECT_EQ(tidbit({"tokenize", model, "", "--bos"}).out, "7\n");
  EXPECT_EQ(tidbit({"tokenize", model, "a", "--bos"}).out, "7 " + tidbit({"tokenize", model, "a"}).out);
  EXPECT_EQ(tidbit({"run", model, "-n", "1", "--temp", "0"}).code, 0);
}

TEST(Commands, LogitsAreTheSameWithEveryOptionAndTheirHashIsOfTheFile) {
  const Scratch scratch;
  const std::string file = scratch.path("logits.f32");
  const Result first = tidbit({"logits", kModel, "--tokens", "1,5,9,13,2", "-o", file});
  ASSERT_EQ(first.code, 0) << first.error;
  const std::string bytes = read_file(file);
  EXPECT_EQ(bytes.size(), 5 * 4 * json_of({"info", kModel, "--json"})["vocab_size"].get<size_t>());
  char hash[18];
  snprintf(hash, sizeof hash, "%016llx\n", static_cast<unsigned long long>(tidbit_hash(bytes.data(), bytes.size())));
  EXPECT_EQ(first.out, hash);
  for (const Words &more : {Words{"--threads", "3"}, Words{"--chunk", "1"}, Words{"--isa", "scalar"}}) {
    Words words{"logits", kModel, "--tokens", "1,5,9,13,2"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(tidbit(words).out, first.out) << more[0];
  }
}

TEST(Commands, EvalScoresEveryTokenOnce) {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 40; ++i) text += "turn on the lights in the kitchen\n";
  const std::string file = scratch.write("text", text);
  const nlohmann::json score = json_of({"eval", kModel, "--text", file, "--context", "16", "--json"});
  std::istringstream ids(tidbit({"tokenize", kModel, "-"}, text).out);
  const auto count = std::distance(std::istream_iterator<int>(ids), {});
  const bool has_bos = json_of({"info", kModel, "--json"})["bos_token"] >= 0;
  EXPECT_EQ(score["tokens"], has_bos ? count : count - (count + 15) / 16);
  EXPECT_NEAR(std::log(score["perplexity"].get<double>()), score["nll"].get<double>(), 1e-6);
}

TEST(Commands, EvalFindsNoDifferenceBetweenAModelAndItself) {
  const Scratch scratch;
  std::string ids;
  for (int i = 0; i < 60; ++i) ids += std::to_string(5 + i * 7 % 40) + (i % 2 == 0 ? "," : "\n");
  const std::string file = scratch.write("ids", ids);
  const nlohmann::json score =
      json_of({"eval", kModel, "--ids", file, "--against", kModel, "--context", "20", "--skip", "12", "--json"});
  EXPECT_EQ(score["tokens"], 3 * 8);
  EXPECT_EQ(score["against"]["perplexity"], score["perplexity"]);
  EXPECT_NEAR(score["against"]["kl_mean"].get<double>(), 0, 1e-9);
  EXPECT_NEAR(score["against"]["kl_p99"].get<double>(), 0, 1e-9);
  EXPECT_EQ(score["against"]["same_top"], 1);
}

TEST(Commands, BenchGivesConsistentFigures) {
  const nlohmann::json bench = json_of({"bench", kModel, "--prompt", "16", "--gen", "8", "--json", "--threads", "2"});
  EXPECT_GT(bench["decode_tokens_per_second"], 0);
  EXPECT_GT(bench["memory_gb_per_second"], 0);
  const double share = bench["weights_gb_per_second"].get<double>() / bench["memory_gb_per_second"].get<double>();
  EXPECT_NEAR(bench["share_of_bandwidth"].get<double>(), share, 1e-6 + share * 1e-6);
}

TEST(Commands, RunIsReproducibleWithASeed) {
  const Words words{"run", kModel, "-p", "turn", "--temp", "1.5", "--seed", "7", "-n", "20"};
  const Result first = tidbit(words);
  EXPECT_EQ(first.code, 0) << first.error;
  EXPECT_EQ(first.error, "");
  EXPECT_EQ(tidbit(words).out, first.out);
}

TEST(Commands, PreloadChangesNothingThatIsPrinted) {
  const Result plain = tidbit({"run", kModel, "-p", "turn", "--temp", "0", "-n", "8"});
  const Result preloaded = tidbit({"run", kModel, "--preload", "-p", "turn", "--temp", "0", "-n", "8"});
  EXPECT_EQ(preloaded.code, 0) << preloaded.error;
  EXPECT_NE(preloaded.out, "");
  EXPECT_EQ(preloaded.out, plain.out);
}

TEST(Commands, RunReadsItsPromptFromStandardInput) {
  const Words given{"run", kModel, "-p", "turn on", "--temp", "0", "-n", "10", "--echo"};
  const Words piped{"run", kModel, "-p", "-", "--temp", "0", "-n", "10", "--echo"};
  const std::string text = tidbit(given).out;
  EXPECT_EQ(text.rfind("turn on", 0), 0u);
  EXPECT_EQ(tidbit(piped, "turn on").out, text);
}

TEST(Commands, RunPrintsIdsForIds) {
  const std::string ids = tidbit({"run", kModel, "--tokens", "5,6,7", "--temp", "0", "-n", "4", "--echo"}).out;
  EXPECT_EQ(ids.rfind("5 6 7", 0), 0u) << ids;
  EXPECT_EQ(ids.find_first_not_of("0123456789 \n"), std::string::npos);
  EXPECT_EQ(ids.back(), '\n');
}

std::vector<nlohmann::json> lines_of(const Words &words) {
  const Result result = tidbit(words);
  EXPECT_EQ(result.code, 0) << result.error;
  std::vector<nlohmann::json> lines;
  std::istringstream stream(result.out);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

std::vector<nlohmann::json> logprobs_of(Words words) {
  words.insert(words.end(), {"--logprobs", "4"});
  return lines_of(words);
}

TEST(Commands, LogprobsAreOfTheTokensThatRunWouldPrint) {
  for (const char *temperature : {"0", "1.5"}) {
    const Words words{"run", kModel, "--tokens", "5,6,7", "--temp", temperature, "-n", "12", "--seed", "3"};
    std::istringstream ids(tidbit(words).out);
    const auto lines = logprobs_of(words);
    size_t at = 0;
    for (int id = 0; ids >> id; ++at) {
      ASSERT_LT(at, lines.size());
      EXPECT_EQ(lines[at]["token"], id);
    }
    EXPECT_GT(at, 0u);
    EXPECT_LE(lines.size() - at, 1u);  // the end token has a line, too
  }
}

TEST(Commands, TheMostProbableTokensAreInOrderAndGreedyTakesTheFirst) {
  const auto lines = logprobs_of({"run", kModel, "-p", "turn on the lamp", "--temp", "0", "-n", "20"});
  ASSERT_FALSE(lines.empty());
  std::string text;
  for (const auto &line : lines) {
    ASSERT_EQ(line["top"].size(), 4u);
    EXPECT_EQ(line["top"][0]["token"], line["token"]);
    EXPECT_EQ(line["top"][0]["logprob"], line["logprob"]);
    double sum = 0;
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_LE(line["top"][i]["logprob"], line["top"][i - std::min<size_t>(i, 1)]["logprob"]);
      sum += std::exp(line["top"][i]["logprob"].get<double>());
    }
    EXPECT_LE(sum, 1 + 1e-6);
    text += line["text"];
  }
  const std::string plain = tidbit({"run", kModel, "-p", "turn on the lamp", "--temp", "0", "-n", "20"}).out;
  EXPECT_EQ(text.rfind(plain.substr(0, plain.size() - 1), 0), 0u) << text << plain;
}

TEST(Commands, AChoiceHasTheProbabilityOfItsTokens) {
  const std::string prompt = "turn on the lamp in the kitchen";
  const auto greedy = lines_of({"run", kModel, "-p", prompt, "--temp", "0", "-n", "3", "--logprobs", "1"});
  std::string text;
  double logprob = 0;
  for (const auto &line : greedy) {
    text += line["text"];
    logprob += line["logprob"].get<double>();
  }
  ASSERT_EQ(text.find(','), std::string::npos) << text;
  const auto lines = lines_of({"run", kModel, "-p", prompt, "--choice", "qq," + text + ",zz zz", "--logprobs", "3"});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["choice"], text);
  EXPECT_NEAR(lines[0]["logprob"].get<double>(), logprob, 1e-9);
  double shares = 0;
  for (const auto &line : lines) shares += line["share"].get<double>();
  EXPECT_NEAR(shares, 1, 1e-6);
  EXPECT_EQ(tidbit({"run", kModel, "-p", prompt, "--choice", "qq," + text}).out, text + "\n");
}

// A file with a compiled grammar.
std::string grammar_file(const std::string &name, const std::vector<std::byte> &bytes) {
  const std::string path = testing::TempDir() + name;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path;
}

TEST(Commands, AGrammarGivesTheFormOfTheAnswer) {
  const std::string schema = R"({"type":"object","properties":{"room":{"enum":["hall","kitchen"]},
    "on":{"type":"boolean"}},"required":["room","on"]})";
  const std::string file = grammar_file("schema.grammar", convert::compile_schema(schema, "schema"));
  for (const char *seed : {"1", "2", "3"}) {
    const Result result =
        tidbit({"run", kModel, "-p", "light", "--grammar", file, "--temp", "2", "--seed", seed, "--stats"});
    ASSERT_EQ(result.code, 0) << result.error;
    const nlohmann::json answer = nlohmann::json::parse(result.out);
    EXPECT_TRUE(answer["room"] == "hall" || answer["room"] == "kitchen") << result.out;
    EXPECT_TRUE(answer["on"].is_boolean());
    EXPECT_NE(result.error.find("ended: end of"), std::string::npos);
  }
}

// Tokens without a choice are fed together, which must not change what comes after them.
TEST(Commands, ForcedTokensDoNotChangeTheOthers) {
  const std::string file = grammar_file("forced.grammar", convert::compile_regex("lamp is o(n|ff) now", "form"));
  const Words words{"run", kModel, "-p", "light", "--grammar", file, "--temp", "0"};
  Words one_by_one = words;
  one_by_one.insert(one_by_one.end(), {"--logprobs", "1"});
  std::string text;
  for (const auto &line : lines_of(one_by_one)) {
    if (line.contains("text") && !line["text"].is_null()) text += line["text"];
  }
  const std::string out = tidbit(words).out;
  EXPECT_EQ(out.substr(0, 9), "lamp is o");
  EXPECT_EQ(text.substr(0, out.size() - 1) + "\n", out);
}

TEST(Commands, AGrammarThatIsNoneIsRefused) {
  const Result text = tidbit({"run", kModel, "-p", "a", "--grammar", kModel});
  EXPECT_EQ(text.code, 1);
  EXPECT_NE(text.error.find("is no compiled grammar; make one with tidbit-grammar"), std::string::npos);
  std::vector<std::byte> bytes = convert::compile_regex("abc", "form");
  bytes.resize(bytes.size() - 1);
  EXPECT_EQ(tidbit({"run", kModel, "-p", "a", "--grammar", grammar_file("short.grammar", bytes)}).code, 1);
  EXPECT_EQ(tidbit({"run", kModel, "-p", "a", "--grammar", "/none"}).code, 1);
}

TEST(Commands, AChoiceDoesNotDependOnTheOthers) {
  const Words words{"run", kModel, "-p", "dim the lamp", "--logprobs", "8", "--choice"};
  Words many = words, one = words;
  many.emplace_back("{,on and off again and again,x");
  one.emplace_back("x");
  for (const auto &line : lines_of(many)) {
    if (line["choice"] != "x") continue;
    EXPECT_EQ(line["logprob"], lines_of(one)[0]["logprob"]);
  }
}

TEST(Commands, AChoiceThatTheContextCannotHoldIsRefused) {
  std::string text = "no";
  for (int i = 0; i < 60; ++i) text += " zq";
  const Result result = tidbit({"run", kModel, "-p", "a", "--context", "16", "--choice", "no," + text});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.error.find("--context"), std::string::npos) << result.error;
}

// The words of a text, as ids: the last completes the stop string.
TEST(Commands, AStopStringEndsIdsToo) {
  const std::string prompt = "turn on the lamp in the kitchen";
  std::string ids = tidbit({"tokenize", kModel, "--special", prompt}).out;
  std::replace(ids.begin(), ids.end(), ' ', ',');
  ids.pop_back();
  const std::string all = tidbit({"run", kModel, "--tokens", ids, "--temp", "0"}).out;
  const std::string some = tidbit({"run", kModel, "--tokens", ids, "--temp", "0", "--stop", "\"room\""}).out;
  ASSERT_LT(some.size(), all.size());
  EXPECT_EQ(all.rfind(some.substr(0, some.size() - 1), 0), 0u) << some << all;
  std::istringstream words(some);
  Words detokenize{"detokenize", kModel};
  for (std::string id; words >> id;) detokenize.push_back(id);
  const std::string text = tidbit(detokenize).out;
  EXPECT_NE(text.find("\"room\""), std::string::npos) << text;
}

TEST(Commands, ASpecialTokenCanBeAStopString) {
  Words words{"run", kModel, "--tokens", "85,400", "--temp", "2", "--top-p", "1", "--seed", ""};
  std::string all;
  std::size_t at = std::string::npos;
  for (int seed = 1; seed < 50 && at == std::string::npos; ++seed) {
    words.back() = std::to_string(seed);
    all = tidbit(words).out;
    at = all.find(" 1 ");  // <|json|>
  }
  ASSERT_NE(at, std::string::npos);
  words.insert(words.end(), {"--stop", "<|json|>"});
  EXPECT_EQ(tidbit(words).out, all.substr(0, at + 2) + "\n");
}

TEST(Commands, StatsGoToStandardError) {
  const Result result = tidbit({"run", kModel, "-p", "turn", "-n", "3", "--seed", "41", "--stats"});
  for (const char *part : {"prefill:", "decode:", "first token:", "memory:", "seed: 41", "ended:"}) {
    EXPECT_NE(result.error.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace tidbit::test
