// vocab.txt: the results equal those of transformers' classes (make_bert_goldens.py).
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/failure.h"
#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

const Json kNone = Json::object();

class VocabTxt : public testing::Test {
 protected:
  void SetUp() override {
    path = std::filesystem::path(testing::TempDir()) / ("tidbit_vocab_txt_" + std::to_string(::getpid()));
    std::filesystem::create_directories(path);
  }
  void TearDown() override { std::filesystem::remove_all(path); }

  void write(const std::string &name, const std::string &text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }
  TextModel made(const std::string &lines, const Json &config) const {
    write("vocab.txt", lines);
    write("tokenizer_config.json", config.dump());
    const auto file = convert::find_tokenizer(path);
    return import(file, convert::import_tokenizer(file, 4096).vocab_size);
  }
  std::string refusal(const std::string &lines, const Json &config = kNone) const {
    return failure([&] { made(lines, config); });
  }
  void expect_refused(const std::string &lines, const Json &config, const std::string &because) const {
    EXPECT_NE(refusal(lines, config).find(because), std::string::npos) << refusal(lines, config);
  }

  std::filesystem::path path;
  const std::string bert = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n";
};

TEST_F(VocabTxt, EqualsTransformers) {
  const auto folder = std::filesystem::path(TIDBIT_GOLDENS) / "vocab_txt";
  const std::string lines = read_file(folder / "vocab.txt");
  for (const Json &entry : Json::parse(read_file(folder / "expected.json"))) {
    const TextModel model = made(lines, entry.at("config"));
    for (const Json &item : entry.at("cases")) {
      const auto text = item.at("text").get<std::string>();
      const Ids ids = item.at("parsed").get<Ids>();
      EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE), ids) << entry.at("config") << item.dump(-1, ' ', true);
      EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL), item.at("affixed").get<Ids>());
      EXPECT_EQ(model.decode(ids), item.at("decoded").get<std::string>()) << entry.at("config");
    }
  }
}

TEST_F(VocabTxt, ALineIsAnIdWhateverEndsIt) {
  const Ids ids = made(bert, kNone).encode("ab [x");
  std::string windows, without_end = bert;
  for (const char c : bert) windows += c == '\n' ? "\r\n" : std::string(1, c);
  without_end.pop_back();
  EXPECT_EQ(ids, (Ids{5, 6, 1, 1}));
  EXPECT_EQ(made(windows, kNone).encode("ab [x"), ids);
  EXPECT_EQ(made(without_end, kNone).encode("ab [x"), ids);
  EXPECT_EQ(made("\n\n" + bert, kNone).encode("ab"), (Ids{7, 8}));
}

TEST_F(VocabTxt, TheClassMayBeInConfigJson) {
  write("config.json", R"({"tokenizer_class": "BertTokenizer", "model_type": "gpt2"})");
  EXPECT_EQ(refusal(bert), "");
  write("config.json", R"({"model_type": "distilbert"})");
  EXPECT_EQ(refusal(bert), "");
  write("config.json", R"({"model_type": "esm"})");
  expect_refused(bert, kNone, "\"esm\"");
}

TEST_F(VocabTxt, RefusesByName) {
  EXPECT_EQ(refusal(bert), "");
  expect_refused(bert, {{"tokenizer_class", "BertweetTokenizer"}}, "\"BertweetTokenizer\"");
  expect_refused(bert, {{"do_basic_tokenize", false}}, "do_basic_tokenize");
  expect_refused(bert + "a\n", kNone, "line 8: token \"a\" occurs twice");
  expect_refused(bert + "\xC3\n", kNone, "line 8: is not UTF-8");
  expect_refused("\n\n", kNone, "the file is empty");
  expect_refused("[PAD]\n[UNK]\na\n", kNone, "there is no token \"[CLS]\"");
  expect_refused("[PAD]\n[CLS]\n[SEP]\na\n", kNone, "\"[UNK]\"");
  expect_refused(bert, {{"cls_token", 5}}, "cls_token");
  expect_refused(bert, {{"cls_token", {{"lstrip", true}}}}, "content");
  expect_refused(bert, {{"do_lower_case", "yes"}}, "do_lower_case");
}

TEST_F(VocabTxt, ATokenizerJsonBesideItComesFirst) {
  write("tokenizer.json", "{");
  expect_refused(bert, kNone, "tokenizer.json");
}

}  // namespace
}  // namespace tidbit::test
