// Pre-tokenizers that the converter compiles to a program: the ids equal those of the Hugging Face library, for the
// cases of make_split_goldens.py. TIDBIT_SPLITS may name a file with more of them.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "converter/error.h"
#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

const std::filesystem::path kFolder = std::filesystem::path(TIDBIT_GOLDENS) / "splits";

// The golden tokenizer with another pre-tokenizer.
TextModel with_pre_tokenizer(const Json &pre_tokenizer) {
  static const Json trained = Json::parse(read_file(kFolder / "tokenizer.json"));
  Json tokenizer = trained;
  tokenizer["pre_tokenizer"] = pre_tokenizer;
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("tidbit_split_tokenizer_" + std::to_string(::getpid()) + ".json");
  std::ofstream(file) << tokenizer.dump();
  const auto tokens = static_cast<std::uint32_t>(trained["model"]["vocab"].size());
  TextModel model = import(file, tokens);
  std::filesystem::remove(file);
  return model;
}

Json split(const std::string &regex, const std::string &behavior = "Isolated") {
  return {{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", behavior}, {"invert", false}};
}

// The Split, then the byte-level alphabet without a split of its own.
Json with_bytes(const Json &step) {
  const Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
  return {{"type", "Sequence"}, {"pretokenizers", {step, bytes}}};
}

Ids ids_of(const std::string &line) {
  std::istringstream numbers(line);
  Ids ids;
  for (std::int32_t id; numbers >> id;) ids.push_back(id);
  return ids;
}

void expect_cases(const std::filesystem::path &file) {
  const Json expected = Json::parse(read_file(file));
  for (const Json &item : expected.at("cases")) {
    const TextModel model = with_pre_tokenizer(item.at("pre_tokenizer"));
    std::uint64_t fault = 0;
    ASSERT_EQ(model.check(&fault), TIDBIT_OK) << item.at("name");
    for (std::size_t i = 0; i < expected.at("texts").size(); ++i) {
      const auto text = expected.at("texts")[i].get<std::string>();
      EXPECT_EQ(model.encode(text), ids_of(item.at("ids")[i].get<std::string>()))
          << item.at("name") << ": " << Json(text).dump();
    }
  }
}

std::string refusal(const std::string &regex) {
  try {
    with_pre_tokenizer(with_bytes(split(regex)));
  } catch (const convert::ConvertError &error) {
    return error.what();
  }
  return "";
}

TEST(Splits, EqualThoseOfHuggingFace) { expect_cases(kFolder / "expected.json"); }

TEST(Splits, EqualThoseOfHuggingFaceForMoreTexts) {
  const char *file = std::getenv("TIDBIT_SPLITS");
  if (file == nullptr) GTEST_SKIP() << "TIDBIT_SPLITS names no file of make_split_goldens.py --fuzz";
  expect_cases(file);
}

// The golden tokenizer as in a GGUF file.
convert::ImportedTokenizer as_gguf(const std::string &pre) {
  static const Json trained = Json::parse(read_file(kFolder / "tokenizer.json"));
  convert::GgufTokenizer gguf;
  gguf.model = "gpt2";
  gguf.pre = pre;
  const Json &vocab = trained["model"]["vocab"];
  gguf.tokens.resize(vocab.size());
  for (const auto &[text, id] : vocab.items()) gguf.tokens[id.get<std::size_t>()] = text;
  for (const Json &merge : trained["model"]["merges"]) {
    gguf.merges.push_back(merge[0].get<std::string>() + " " + merge[1].get<std::string>());
  }
  return convert::import_gguf_tokenizer(gguf, static_cast<std::uint32_t>(gguf.tokens.size()), "x.gguf");
}

TEST(SplitNames, OfGgufSplitAsTheExpressionsOfTheirModels) {
  const Json expected = Json::parse(read_file(kFolder / "expected.json"));
  const std::vector<std::pair<std::string, std::string>> names = {{"gpt-2", "gpt-2 as a program"},
                                                                  {"deepseek-v3", "deepseek-v3"},
                                                                  {"deepseek-coder", "deepseek-coder"},
                                                                  {"qwen35", "qwen3.5"},
                                                                  {"bailingmoe", "bailing"},
                                                                  {"bloom", "bloom"},
                                                                  {"exaone-moe", "exaone-moe"},
                                                                  {"jais-2", "jais-2"},
                                                                  {"kimi-k2", "kimi-k2"},
                                                                  {"gpt-4o", "o200k"}};
  for (const auto &[name, model_name] : names) {
    const convert::ImportedTokenizer tokenizer = as_gguf(name);
    const TextModel model(tokenizer, tokenizer.vocab_size);
    for (const Json &item : expected.at("cases")) {
      if (item.at("name") != model_name) continue;
      for (std::size_t i = 0; i < expected.at("texts").size(); ++i) {
        const auto text = expected.at("texts")[i].get<std::string>();
        EXPECT_EQ(model.encode(text), ids_of(item.at("ids")[i].get<std::string>())) << name << ": " << text;
      }
    }
  }
}

TEST(SplitNames, OfGgufConvert) {
  for (const char *name :
       {"", "default", "smollm", "falcon", "command-r", "llama-bpe", "tekken", "deepseek-llm", "youtu", "spark2_5",
        "chameleon", "viking", "seed-coder", "minicpm5", "laguna", "ufakzeka", "granite-embed-multi-97m", "glm4"}) {
    const convert::ImportedTokenizer tokenizer = as_gguf(name);
    const TextModel model(tokenizer, tokenizer.vocab_size);
    std::uint64_t fault = 0;
    EXPECT_EQ(model.check(&fault), TIDBIT_OK) << name;
    use_everything(model);
  }
}

TEST(SplitNames, OfGgufThatCannotBeExpressedAreRefused) {
  for (const char *name : {"superbpe", "tiny_aya", "cohere2moe", "afmoe", "gemma4", "nothing"}) {
    EXPECT_THROW(as_gguf(name), convert::ConvertError) << name;
  }
}

std::string repeated_text(const std::string &part, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += part;
  return result;
}

TEST(SplitExpressions, WhatCannotBeExpressedIsRefusedWithThePattern) {
  for (const char *regex :
       {"^a",     "^+",      "a^",        R"((a)\1)",     R"(\bx)",         "(?<=a)b",       "(?<!a)b",
        "(?=ab)", "(?!a*b)", "(?>ab|a)c", "(?:ab)++",     R"(\p{Nothing})", R"(\p{<word>})", R"(\X)",
        "(?m:.)", "(?s)a",   "(?i:ß)",    "(?i:\\p{Lu})", "(?i:ss)",        "(?i:fi)",       "[[:alpha:]]",
        R"(\G)",  R"(\A)",   "(?(1)a|b)", "a{3,1}",       "a{20000}"}) {
    EXPECT_NE(refusal(regex).find(regex), std::string::npos) << regex << ": " << refusal(regex);
  }
}

TEST(SplitExpressions, DamagedOnesAreRefused) {
  for (const char *regex :
       {"(",           ")",     "(a",    "a)",      "[",    "[a",    "[]",     "[^]",  "*",     "a|*",
        "+",           "(?",    "(?i",   "(?:",     "(?<n", "\\",    "\\p",    "\\p{", "\\p{L", "\\x{",
        "\\x{110000}", "\\u12", "[z-a]", "[a-\\d]", "[a&&", "\\xFF", "(?=a)*", "(?#"}) {
    EXPECT_NE(refusal(regex), "") << regex;
  }
}

TEST(SplitExpressions, HugeOnesAreRefusedOrSmallPrograms) {
  for (const std::string &regex :
       {repeated_text("(a)", 60000), repeated_text("(", 5000), repeated_text("[", 5000),
        repeated_text("a*", 5000) + "b", repeated_text("(a?)", 1000) + repeated_text("a", 1000),
        "a" + repeated_text("*", 5000), std::string("(?:(?:a{1000}){1000}){1000}"),
        std::string("(?:(?:){10000}){10000}"), std::string("(?:a|b)*a(?:a|b){14}"), std::string("x{9999}"),
        repeated_text("[^a]|\\p{L}|", 900) + "c", "(?i:" + repeated_text("\\w", 3000) + ")",
        repeated_text("(?:a|b|", 90) + repeated_text(")*", 90)}) {
    try {
      const TextModel model = with_pre_tokenizer(with_bytes(split(regex)));
      EXPECT_LT(model.section_bytes(), 400000u);
      use_everything(model);
    } catch (const convert::ConvertError &) {
    }
  }
}

TEST(SplitExpressions, LoopsThatMatchNothingEnd) {
  for (const char *regex : {"(a*)*", "(a*)+", "(?:a?){3,}", "(|a)*", "()*", "(?:a*?)*?", "(?:(?:)|x)*"}) {
    use_everything(with_pre_tokenizer(with_bytes(split(regex))));
  }
}

// "a|a*b" looks at the whole rest of a run of a's behind each of them.
TEST(SplitProgram, TakesLinearTimeWhateverTheExpression) {
  const TextModel model = with_pre_tokenizer(with_bytes(split("a|a*b")));
  const std::string text(400000, 'a');
  tidbit_tokenize_options options{0, 40u * 400000u, nullptr, nullptr};
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(model.get(), text.size()) / 8);
  Ids ids(text.size());
  std::uint32_t count = 0;
  EXPECT_EQ(tidbit_tokenize(model.get(), text.data(), text.size(), &options, workspace.data(), workspace.size() * 8,
                            ids.data(), static_cast<std::uint32_t>(ids.size()), &count),
            TIDBIT_OK);
  EXPECT_EQ(count, text.size());
}

TEST(SplitProgram, KeepsToItsBudget) {
  const TextModel model = with_pre_tokenizer(with_bytes(split("\\p{L}+")));
  const std::string text(1000, 'a');
  tidbit_tokenize_options options{0, 500, nullptr, nullptr};
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(model.get(), text.size()) / 8);
  Ids ids(text.size());
  std::uint32_t count = 0;
  EXPECT_EQ(tidbit_tokenize(model.get(), text.data(), text.size(), &options, workspace.data(), workspace.size() * 8,
                            ids.data(), static_cast<std::uint32_t>(ids.size()), &count),
            TIDBIT_CANCELED);
}

TEST(SplitProgram, EveryNumberIsChecked) {
  TextModel model = with_pre_tokenizer(with_bytes(split("\\p{L}+|\\s")));
  const auto &header = *reinterpret_cast<const format::TokenizerHeader *>(model.section());
  auto *program = reinterpret_cast<std::uint16_t *>(model.section() + header.split_program.offset);
  auto *classes = reinterpret_cast<std::uint32_t *>(model.section() + header.classes.offset);
  const auto expect_refused = [&model](auto &number, unsigned value) {
    const auto before = number;
    number = static_cast<std::remove_reference_t<decltype(number)>>(value);
    std::uint64_t fault = 0;
    EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER) << value;
    EXPECT_EQ(fault, offsetof(format::TokenizerHeader, split_program));
    number = before;
  };
  for (const unsigned value : {0u, 2u, 9u, 65535u}) expect_refused(program[0], value);
  for (const unsigned value : {0u, 1u, 1025u, 65535u}) expect_refused(program[1], value);
  for (const unsigned value : {5u, 7u, 32u}) expect_refused(program[2], value);
  for (const unsigned value : {0u, 1000u, 65535u}) expect_refused(program[3], value);
  expect_refused(program[4], program[1] - 1u);                           // a symbol
  expect_refused(program[header.split_program.count - 1], 0x7FFF);       // a state
  expect_refused(classes[0], 1u << format::split_program::kSymbolBits);  // it must begin at 0
  expect_refused(classes[1], classes[2] + (1u << format::split_program::kSymbolBits));
  expect_refused(classes[2], classes[2] | 1023);
  std::uint64_t fault = 0;
  EXPECT_EQ(model.check(&fault), TIDBIT_OK);
}

}  // namespace
}  // namespace tidbit::test
